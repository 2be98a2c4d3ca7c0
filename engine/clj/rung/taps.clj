;; rung.taps: who listens to tap>, and the agent that tells them. Written from the documentation.
(in-ns 'rung.taps)

(def functions (atom #{}))

(def sender (agent nil :error-mode :continue))
