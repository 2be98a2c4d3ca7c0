;; clojure.core: futures, agents, parallel maps. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defmacro future
  "Evaluates body on another thread; deref waits for its value."
  [& body]
  `(future-call (^{:once true} fn* [] ~@body)))

(defn pmap
  "Like map, lazily, with f applied to some items ahead on other threads."
  ([f coll]
   (let [ahead (+ 2 (rung.host/processors))
         go (fn go [running waiting]
              (lazy-seq
                (let [more (seq waiting)
                      running (if more (conj running (let [x (first more)] (future (f x)))) running)]
                  (cond
                    (and more (< (count running) ahead)) (go running (rest more))
                    (seq running) (cons (deref (peek running)) (go (pop running) (rest more)))
                    :else nil))))]
     (go clojure.lang.PersistentQueue/EMPTY coll)))
  ([f coll & colls]
   (pmap (fn [args] (apply f args)) (apply map vector coll colls))))

(defn pcalls "A lazy seq of the values of the functions, called on other threads." [& fns] (pmap (fn [f] (f)) fns))

(defmacro pvalues "A lazy seq of the values of the expressions, evaluated on other threads." [& exprs]
  `(pcalls ~@(map (fn [e] (list 'fn* [] e)) exprs)))

(defn await
  "Waits until all actions that this thread sent to the agents so far are done."
  [& agents]
  (when *agent* (throw (new Exception "Can't await in agent action")))
  (when (rung.host/in-transaction?) (throw (new IllegalStateException "await in transaction")))
  (doseq [done (mapv (fn [a] (let [p (promise)] (send a (fn [state] (deliver p true) state)) p)) agents)]
    (deref done)))

(defn await-for
  "As await, at most so many milliseconds; false when that was not enough."
  [timeout-ms & agents]
  (when *agent* (throw (new Exception "Can't await in agent action")))
  (let [end (+ (System/currentTimeMillis) timeout-ms)]
    (every? (fn [p] (deref p (max 0 (- end (System/currentTimeMillis))) false))
            (mapv (fn [a] (let [p (promise)] (send a (fn [state] (deliver p true) state)) p)) agents))))

(defn await1 "Waits for one agent." [a] (await a) a)

(defn agent-errors "A list of the agent's error, or nil." [a] (when-let [e (agent-error a)] (list e)))

(defn clear-agent-errors "Restarts a failed agent with its value." [a] (restart-agent a (deref a)))

(defn send-via "Sends an action; the executor is the engine's own." [executor a f & args] (apply send-off a f args))

(defn set-agent-send-executor! "The engine has its own threads; nothing changes." [executor] nil)

(defn set-agent-send-off-executor! "The engine has its own threads; nothing changes." [executor] nil)

(defn add-tap "Has f called with every value that tap> sends." [f] (swap! rung.taps/functions conj f) nil)

(defn remove-tap "Takes back add-tap." [f] (swap! rung.taps/functions disj f) nil)

(defn tap>
  "Sends x to the functions of add-tap, on another thread; true."
  [x]
  (send-off rung.taps/sender (fn [_] (doseq [f (deref rung.taps/functions)] (try (f x) (catch Throwable e nil)))))
  true)
