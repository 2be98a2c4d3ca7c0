;; clojure.core: macros of choice and flow. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defmacro when-first
  "bindings => x xs. Evaluates body with x bound to the first of xs, if xs has one."
  [bindings & body]
  (when-not (vector? bindings) (rung.host/refuse-bindings &form "a vector for its binding"))
  (when-not (= 2 (count bindings)) (rung.host/refuse-bindings &form "exactly 2 forms in binding vector"))
  (let [[x xs] bindings]
    `(when-let [xs# (seq ~xs)]
       (let [~x (first xs#)]
         ~@body))))

(defmacro condp
  "Tests (pred test-expr expr) for each clause; test :>> f calls f on the test's result."
  [pred expr & clauses]
  (let [p (gensym "pred__")
        x (gensym "expr__")
        emit (fn emit [args]
               (let [[a b c] args
                     arrow (= :>> b)
                     n (if arrow 3 2)]
                 (cond
                   (nil? (seq args)) `(throw (new IllegalArgumentException (str "No matching clause: " ~x)))
                   (nil? (next args)) a
                   arrow `(if-let [r# (~p ~a ~x)] (~c r#) ~(emit (drop n args)))
                   :else `(if (~p ~a ~x) ~b ~(emit (drop n args))))))]
    `(let [~p ~pred ~x ~expr] ~(emit clauses))))

(defmacro cond->
  "Threads expr through each form whose test is true, as first argument."
  [expr & clauses]
  (when (odd? (count clauses)) (throw (new AssertionError "Assert failed: (even? (count clauses))")))
  (let [g (gensym "cond__")
        steps (map (fn [[test step]] `(if ~test (-> ~g ~step) ~g)) (partition 2 clauses))]
    `(let [~g ~expr ~@(interleave (repeat g) (butlast steps))]
       ~(if (empty? steps) g (last steps)))))

(defmacro cond->>
  "Threads expr through each form whose test is true, as last argument."
  [expr & clauses]
  (when (odd? (count clauses)) (throw (new AssertionError "Assert failed: (even? (count clauses))")))
  (let [g (gensym "cond__")
        steps (map (fn [[test step]] `(if ~test (->> ~g ~step) ~g)) (partition 2 clauses))]
    `(let [~g ~expr ~@(interleave (repeat g) (butlast steps))]
       ~(if (empty? steps) g (last steps)))))

(defmacro as->
  "Binds name to expr, then to each form in turn."
  [expr name & forms]
  `(let [~name ~expr ~@(interleave (repeat name) (butlast forms))]
     ~(if (empty? forms) name (last forms))))

(defmacro some->
  "Threads expr as first argument while it is not nil."
  [expr & forms]
  (let [g (gensym "some__")
        steps (map (fn [step] `(if (nil? ~g) nil (-> ~g ~step))) forms)]
    `(let [~g ~expr ~@(interleave (repeat g) (butlast steps))]
       ~(if (empty? steps) g (last steps)))))

(defmacro some->>
  "Threads expr as last argument while it is not nil."
  [expr & forms]
  (let [g (gensym "some__")
        steps (map (fn [step] `(if (nil? ~g) nil (->> ~g ~step))) forms)]
    `(let [~g ~expr ~@(interleave (repeat g) (butlast steps))]
       ~(if (empty? steps) g (last steps)))))

(defmacro doto
  "Calls each form with x as first argument, for what it does; x is the value."
  [x & forms]
  (let [g (gensym "doto__")]
    `(let [~g ~x]
       ~@(map (fn [f]
                (with-meta (if (seq? f) `(~(first f) ~g ~@(next f)) `(~f ~g)) (meta f)))
              forms)
       ~g)))

(defmacro ..
  "Member access in a chain."
  ([x form] `(. ~x ~form))
  ([x form & more] `(.. (. ~x ~form) ~@more)))

(defmacro while
  "Evaluates body while test is true."
  [test & body]
  `(loop [] (when ~test ~@body (recur))))

(defmacro doseq
  "Evaluates body for each combination of the bindings, as for would make them; for its effects."
  [bindings & body]
  (when-not (vector? bindings) (rung.host/refuse-bindings &form "a vector for its binding"))
  (when (odd? (count bindings))
    (rung.host/refuse-bindings &form "an even number of forms in binding vector"))
  (let [level (fn level [bs]
                (if (empty? bs)
                  `(do ~@body nil)
                  (let [[k v & more] bs
                        s (gensym "seq__")
                        go-on `(recur (next ~s))
                        inside (fn inside [bs]
                                 (let [[m x & more] bs]
                                   (cond
                                     (empty? bs) `(do ~@body ~go-on)
                                     (= :let m) `(let ~x ~(inside more))
                                     (= :when m) `(if ~x ~(inside more) ~go-on)
                                     (= :while m) `(when ~x ~(inside more))
                                     (keyword? m) (throw (new IllegalArgumentException (str "Invalid 'doseq' keyword: " m)))
                                     :else `(do ~(level bs) ~go-on))))]
                    (when (keyword? k) (throw (new IllegalArgumentException "doseq begins with a binding")))
                    `(loop* [~s (seq ~v)]
                       (when ~s
                         (let [~k (first ~s)]
                           ~(inside more)))))))]
    (level bindings)))

(defmacro for
  "A lazy seq of the values of body for each combination of the bindings; :let, :when and :while as modifiers."
  [bindings body]
  (when-not (vector? bindings) (rung.host/refuse-bindings &form "a vector for its binding"))
  (when (odd? (count bindings))
    (rung.host/refuse-bindings &form "an even number of forms in binding vector"))
  (let [level (fn level [bs]
                (let [[k v & more] bs
                      iter (gensym "iter__") s (gensym "s__") c (gensym "c__") b (gensym "b__") n (gensym "n__")
                      i (gensym "i__")
                      split (split-with #(keyword? (first %)) (partition 2 more))
                      mods (first split)
                      inner (apply concat (second split))
                      ;; yield is what the modifiers let through, skip what goes on with the next item.
                      modified (fn modified [mods yield skip]
                                 (if-let [[[m x] & more] (seq mods)]
                                   (cond
                                     (= :let m) `(let ~x ~(modified more yield skip))
                                     (= :when m) `(if ~x ~(modified more yield skip) ~skip)
                                     (= :while m) `(when ~x ~(modified more yield skip))
                                     :else (throw (new IllegalArgumentException (str "Invalid 'for' keyword: " m))))
                                   yield))
                      skip `(recur (rest ~s))
                      single (if (seq inner)
                               (modified mods
                                         `(let [fs# (seq ~(level inner))]
                                            (if fs# (concat fs# (~iter (rest ~s))) (recur (rest ~s))))
                                         skip)
                               (modified mods `(cons ~body (~iter (rest ~s))) skip))]
                  (when (keyword? k) (throw (new IllegalArgumentException "for begins with a binding")))
                  `((fn ~iter [~s]
                      (lazy-seq
                        (loop* [~s ~s]
                          (let [~s (seq ~s)]
                            (when ~s
                              ~(if (seq inner)
                                 `(let [~k (first ~s)] ~single)
                                 `(if (chunked-seq? ~s)
                                    (let [~c (chunk-first ~s)
                                          ~n (count ~c)
                                          ~b (chunk-buffer ~n)]
                                      (if (loop* [~i 0]
                                            (if (< ~i ~n)
                                              (let [~k (nth ~c ~i)]
                                                ~(modified mods
                                                           `(do (chunk-append ~b ~body) (recur (unchecked-inc ~i)))
                                                           `(recur (unchecked-inc ~i))))
                                              true))
                                        (chunk-cons (chunk ~b) (~iter (chunk-rest ~s)))
                                        (chunk-cons (chunk ~b) nil)))
                                    (let [~k (first ~s)] ~single))))))))
                    ~v)))]
    (level bindings)))

(defmacro assert
  "Throws AssertionError where x is false, unless *assert* is false."
  ([x]
   (when *assert*
     `(when-not ~x
        (throw (new AssertionError (str "Assert failed: " (pr-str '~x)))))))
  ([x message]
   (when *assert*
     `(when-not ~x
        (throw (new AssertionError (str "Assert failed: " ~message "\n" (pr-str '~x))))))))
