;; clojure.main: the part that tools use. Written from the documentation.
(ns clojure.main)

(def ^{:doc "What a REPL requires."} repl-requires
  '[[clojure.repl :refer [source apropos dir pst doc find-doc]]
    [clojure.pprint :refer [pp pprint]]])

(defn demunge "The name in a function's class name." [fn-name] (rung.host/demunge fn-name))

(defn root-cause "The last of the causes." [t] (if-let [c (ex-cause t)] (recur c) t))

(defn stack-element-str "One frame as a string." [el] (str el))

(defn repl-prompt "The default prompt." [] (print (str (ns-name *ns*) "=> ")))

(defn repl-exception "The root cause." [t] (root-cause t))

(defn ex-triage
  "What happened, from an exception as data: :clojure.error/phase, class, cause."
  [datafied]
  (let [{:keys [via phase]} datafied
        last-one (last via)]
    (cond-> {:clojure.error/phase (or phase :execution)
             :clojure.error/class (:type last-one)}
      (:message last-one) (assoc :clojure.error/cause (:message last-one)))))

(defn ex-str
  "A message from what ex-triage gives."
  [{:clojure.error/keys [phase class cause]}]
  (str "Execution error (" (last (clojure.string/split (str class) #"\.")) ") in " (name phase) ".\n" cause "\n"))

(defn err->msg "A message for an exception." [e] (ex-str (ex-triage (Throwable->map e))))

(defn repl-caught "Prints an exception as a REPL does." [e]
  (binding [*out* *err*] (print (err->msg e)) (flush)))

(defmacro with-bindings "Evaluates body with the vars of a REPL bound." [& body]
  `(binding [*ns* *ns* *print-length* *print-length* *print-level* *print-level* *1 nil *2 nil *3 nil *e nil] ~@body))

(defn skip-whitespace
  "Skips blanks and commas of a stream: :line-start, :stream-end or :body."
  [s]
  (loop [c (.read s)]
    (cond
      (= c 10) :line-start
      (= c -1) :stream-end
      (or (= c 44) (Character/isWhitespace (char c))) (recur (.read s))
      :else :body)))

(defn load-script "Loads a file, or standard input for \"-\"." [path] (load-file path))
