;; clojure.core: macros that bind vars, hold resources, define. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defmacro binding
  "Binds vars dynamically for the extent of body."
  [bindings & body]
  (when-not (vector? bindings) (rung.host/refuse-bindings &form "a vector for its binding"))
  (when (odd? (count bindings))
    (rung.host/refuse-bindings &form "an even number of forms in binding vector"))
  `(do
     (push-thread-bindings (hash-map ~@(mapcat (fn [[v x]] [`(var ~v) x]) (partition 2 bindings))))
     (try
       ~@body
       (finally (pop-thread-bindings)))))

(defmacro with-bindings
  "Binds the vars of a map for the extent of body."
  [binding-map & body]
  `(with-bindings* ~binding-map (fn [] ~@body)))

(defn with-bindings*
  "Calls f with the vars of a map bound."
  [binding-map f & args]
  (push-thread-bindings binding-map)
  (try
    (apply f args)
    (finally (pop-thread-bindings))))

(defn bound-fn*
  "A function that calls f with the bindings of this moment and place."
  [f]
  (let [frames (get-thread-bindings)]
    (fn [& args] (apply with-bindings* frames f args))))

(defmacro bound-fn
  "A function that runs with the bindings in effect here."
  [& decl]
  `(bound-fn* (fn ~@decl)))

(defmacro with-local-vars
  "Binds names to new vars, for the extent of body; var-get and var-set reach their values."
  [bindings & body]
  (let [names (take-nth 2 bindings)]
    `(let [~@(mapcat (fn [n] [n `(rung.host/local-var)]) names)]
       (push-thread-bindings (hash-map ~@bindings))
       (try
         ~@body
         (finally (pop-thread-bindings))))))

(defn with-redefs-fn
  "Gives vars other roots while func runs, for all threads."
  [binding-map func]
  (let [old (into {} (map (fn [[v _]] [v (deref v)])) binding-map)
        set-all (fn [m] (doseq [[v x] m] (alter-var-root v (constantly x))))]
    (try
      (set-all binding-map)
      (func)
      (finally (set-all old)))))

(defmacro with-redefs
  "Gives vars other roots while body runs, for all threads."
  [bindings & body]
  `(with-redefs-fn (hash-map ~@(mapcat (fn [[v x]] [`(var ~v) x]) (partition 2 bindings)))
     (fn [] ~@body)))

(defmacro with-out-str
  "What body prints, as a string."
  [& body]
  `(let [w# (rung.host/string-writer)]
     (binding [*out* w#]
       ~@body
       (rung.host/writer-text w#))))

(defmacro with-in-str
  "Evaluates body with *in* reading from the string s."
  [s & body]
  `(binding [*in* (rung.host/string-reader ~s)]
     ~@body))

(defmacro with-open
  "Evaluates body with names bound to what can be closed, and closes it, last first."
  [bindings & body]
  (when-not (vector? bindings) (rung.host/refuse-bindings &form "a vector for its binding"))
  (if (empty? bindings)
    `(do ~@body)
    `(let ~(subvec bindings 0 2)
       (try
         (with-open ~(subvec bindings 2) ~@body)
         (finally (rung.host/close ~(bindings 0)))))))

(defmacro with-precision
  "Binds the precision, and the rounding mode if :rounding says one, of big decimal operations."
  [precision & exprs]
  (let [[rounding body] (if (= :rounding (first exprs)) [(second exprs) (nnext exprs)] ['HALF_UP exprs])]
    `(binding [*math-context* (str ~precision " " ~(name rounding))]
       ~@body)))

(defmacro time
  "Evaluates expr and prints how long it took."
  [expr]
  `(let [start# (System/nanoTime)
         value# ~expr]
     (prn (str "Elapsed time: " (/ (double (- (System/nanoTime) start#)) 1000000.0) " msecs"))
     value#))

(defmacro vswap!
  "Sets a volatile to (f value args …), without atomicity."
  [vol f & args]
  `(vreset! ~vol (~f (deref ~vol) ~@args)))

(defmacro defonce
  "Defines name unless it has a root."
  [name expr]
  `(let [v# (def ~name)]
     (when-not (.hasRoot v#)
       (def ~name ~expr))))

(defmacro memfn
  "A function that calls the member name on its argument."
  [name & args]
  `(fn [target# ~@args] (. target# (~name ~@args))))

(defmacro io!
  "Throws in a transaction; else evaluates body."
  [& body]
  (let [message (when (string? (first body)) (first body))
        body (if message (next body) body)]
    `(if (rung.host/in-transaction?)
       (throw (new IllegalStateException ~(or message "I/O in transaction")))
       (do ~@body))))

(defmacro locking
  "Evaluates body while holding the lock of x."
  [x & body]
  `(rung.host/locked ~x (fn* [] ~@body)))

(defmacro sync
  "Runs body in a transaction."
  [flags & body]
  `(rung.host/transact (fn* [] ~@body)))

(defmacro dosync
  "Runs body in a transaction over refs: all of its changes or none, tried again where another one was faster."
  [& body]
  `(sync nil ~@body))

(defmacro ns
  "Makes a namespace current and brings in what the references name: :require :use :refer :refer-clojure :import :include
  :refer-global."
  [name & references]
  (let [doc (when (string? (first references)) (first references))
        references (if doc (next references) references)
        attributes (when (map? (first references)) (first references))
        references (if attributes (next references) references)
        name (vary-meta name merge (when doc {:doc doc}) attributes)
        emit (fn [[kind & args :as reference]]
               (when-not (keyword? kind)
                 (throw (new IllegalArgumentException (str "ns: not a reference: " (pr-str reference)))))
               (case kind
                 :require `(require ~@(map (fn [a] (list 'quote a)) args))
                 :use `(use ~@(map (fn [a] (list 'quote a)) args))
                 :refer-clojure `(refer '~'clojure.core ~@(map (fn [a] (list 'quote a)) args))
                 :refer `(refer ~@(map (fn [a] (list 'quote a)) args))
                 :import `(import ~@args)
                 :include `(rung.host/include ~@args)
                 :refer-global `(rung.host/refer-global '~(if (map? (first args)) (first args) (apply hash-map args)))
                 :gen-class nil
                 :load `(load ~@args)
                 (throw (new IllegalArgumentException (str "ns: unknown reference " kind)))))]
    `(do
       (in-ns '~name)
       ~@(when (meta name) [`(reset-meta! (the-ns '~(with-meta name nil)) '~(meta name))])
       ;; Headers that are read together may be precompiled together.
       ~@(if (next (filter (fn [[kind & args]]
                             (or (= kind :include) (and (= kind :require) (some (fn [a] (and (vector? a) (string? (first a)))) args))))
                           references))
           [`(rung.host/with-headers (fn* [] ~@(map emit references)))]
           (map emit references))
       nil)))

(defmacro import
  "Checks that the classes named are known; their short names need no import here."
  [& specs]
  `(rung.host/import-classes '~specs))

(defmacro refer-clojure
  "Says which names of clojure.core the current namespace sees."
  [& filters]
  `(refer '~'clojure.core ~@(map (fn [a] (list 'quote a)) filters)))

(defmacro lazy-cat
  "A lazy seq of the items of the colls, each evaluated when it is reached."
  [& colls]
  `(concat ~@(map (fn [c] `(lazy-seq ~c)) colls)))

(defmacro amap
  "A new array of the values of expr, for each index idx of a, with ret the new array."
  [a idx ret expr]
  `(let [a# ~a
         ~ret (aclone a#)]
     (loop [~idx 0]
       (if (< ~idx (alength a#))
         (do (aset ~ret ~idx ~expr)
             (recur (unchecked-inc ~idx)))
         ~ret))))

(defmacro areduce
  "Folds expr over the indices of a, with ret what came so far."
  [a idx ret init expr]
  `(let [a# ~a]
     (loop [~idx 0 ~ret ~init]
       (if (< ~idx (alength a#))
         (recur (unchecked-inc ~idx) ~expr)
         ~ret))))

(defmacro definline
  "Defines a function whose body is the form that decl gives for the parameters' names."
  [name & decl]
  (let [[before [params expr]] (split-with (complement vector?) decl)]
    `(do
       (defn ~name ~@before ~params ~(apply (eval (list `fn params expr)) params))
       (var ~name))))
