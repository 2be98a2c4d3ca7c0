;; clojure.core, the part that is written in Clojure. A definition is evaluated when its name is first resolved, so order
;; does not matter; forms that are no definition belong to the one before them. Written from the documentation.
(ns clojure.core)

;; ---------------------------------------------------------------- macros: choice and flow

(defmacro when-first
  "bindings => x xs. Evaluates body with x bound to the first of xs, if xs has one."
  [bindings & body]
  (let [[x xs] bindings]
    `(when-let [xs# (seq ~xs)]
       (let [~x (first xs#)]
         ~@body))))

(defmacro case
  "Evaluates the clause whose constant (or one of whose constants, in a list) equals the value of e; else the default,
  else throws IllegalArgumentException."
  [e & clauses]
  (let [value (gensym "case__")
        default (if (odd? (count clauses))
                  (last clauses)
                  `(throw (new IllegalArgumentException (str "No matching clause: " ~value))))
        arms (map (fn [[test then]]
                    [(if (seq? test) (vec test) [test]) then])
                  (partition 2 clauses))
        tests (mapcat first arms)]
    (when-not (or (empty? tests) (apply distinct? tests))
      (throw (new IllegalArgumentException
                  (str "Duplicate case test constant: "
                       (some (fn [[k n]] (when (< 1 n) (pr-str k))) (frequencies tests))))))
    `(let* [~value ~e]
       (case* ~value ~default ~@arms))))

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
  (when (odd? (count clauses)) (throw (new IllegalArgumentException "cond-> requires an even number of clauses")))
  (let [g (gensym "cond__")
        steps (map (fn [[test step]] `(if ~test (-> ~g ~step) ~g)) (partition 2 clauses))]
    `(let [~g ~expr ~@(interleave (repeat g) (butlast steps))]
       ~(if (empty? steps) g (last steps)))))

(defmacro cond->>
  "Threads expr through each form whose test is true, as last argument."
  [expr & clauses]
  (when (odd? (count clauses)) (throw (new IllegalArgumentException "cond->> requires an even number of clauses")))
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
  (when-not (vector? bindings) (throw (new IllegalArgumentException "doseq requires a vector for its binding")))
  (when (odd? (count bindings))
    (throw (new IllegalArgumentException "doseq requires an even number of forms in binding vector")))
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
  (when-not (vector? bindings) (throw (new IllegalArgumentException "for requires a vector for its binding")))
  (when (odd? (count bindings))
    (throw (new IllegalArgumentException "for requires an even number of forms in binding vector")))
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

;; ---------------------------------------------------------------- macros: bindings of vars, resources, time

(defmacro binding
  "Binds vars dynamically for the extent of body."
  [bindings & body]
  (when-not (vector? bindings) (throw (new IllegalArgumentException "binding requires a vector for its binding")))
  (when (odd? (count bindings))
    (throw (new IllegalArgumentException "binding requires an even number of forms in binding vector")))
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
  (when-not (vector? bindings) (throw (new IllegalArgumentException "with-open requires a vector for its binding")))
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
     (when-not (bound? v#)
       (def ~name ~expr)
       (var ~name))))

(defmacro memfn
  "A function that calls the member name on its argument."
  [name & args]
  `(fn [target# ~@args] (. target# (~name ~@args))))

(defmacro io!
  "Throws in a transaction; else evaluates body."
  [& body]
  (let [message (when (string? (first body)) (first body))
        body (if message (next body) body)]
    `(if (in-transaction?)
       (throw (new IllegalStateException ~(or message "I/O in transaction")))
       (do ~@body))))

(defn in-transaction?
  "Is a transaction running on this thread?"
  {:added "rung"}
  []
  false)

(defmacro locking
  "Evaluates body while holding the lock of x."
  [x & body]
  `(rung.host/locked ~x (fn* [] ~@body)))

(defmacro sync
  "Runs body in a transaction."
  [flags & body]
  `(dosync ~@body))

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
       ~@(map emit references)
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

;; ---------------------------------------------------------------- functions of functions

(defn identity "Its argument." [x] x)

(defn constantly "A function of any arguments whose value is x." [x] (fn [& args] x))

(defn comp
  "The composition of functions, the last called first."
  ([] identity)
  ([f] f)
  ([f g]
   (fn
     ([] (f (g)))
     ([x] (f (g x)))
     ([x y] (f (g x y)))
     ([x y z] (f (g x y z)))
     ([x y z & args] (f (apply g x y z args)))))
  ([f g & fs] (reduce comp (list* f g fs))))

(defn partial
  "A function that calls f with these arguments before its own."
  ([f] f)
  ([f a]
   (fn
     ([] (f a))
     ([x] (f a x))
     ([x y] (f a x y))
     ([x y z] (f a x y z))
     ([x y z & args] (apply f a x y z args))))
  ([f a b]
   (fn
     ([] (f a b))
     ([x] (f a b x))
     ([x y] (f a b x y))
     ([x y z] (f a b x y z))
     ([x y z & args] (apply f a b x y z args))))
  ([f a b c]
   (fn
     ([] (f a b c))
     ([x] (f a b c x))
     ([x y] (f a b c x y))
     ([x y z] (f a b c x y z))
     ([x y z & args] (apply f a b c x y z args))))
  ([f a b c & more] (fn [& args] (apply f a b c (concat more args)))))

(defn juxt
  "A function whose value is the vector of the values of the functions on its arguments."
  ([f]
   (fn
     ([] [(f)])
     ([x] [(f x)])
     ([x y] [(f x y)])
     ([x y z] [(f x y z)])
     ([x y z & args] [(apply f x y z args)])))
  ([f & fs]
   (let [fs (cons f fs)]
     (fn
       ([] (mapv (fn [f] (f)) fs))
       ([x] (mapv (fn [f] (f x)) fs))
       ([x y] (mapv (fn [f] (f x y)) fs))
       ([x y z] (mapv (fn [f] (f x y z)) fs))
       ([x y z & args] (mapv (fn [f] (apply f x y z args)) fs))))))

(defn fnil
  "Like f, with defaults for its first arguments where they are nil."
  ([f x]
   (fn
     ([a] (f (if (nil? a) x a)))
     ([a b] (f (if (nil? a) x a) b))
     ([a b c] (f (if (nil? a) x a) b c))
     ([a b c & ds] (apply f (if (nil? a) x a) b c ds))))
  ([f x y]
   (fn
     ([a b] (f (if (nil? a) x a) (if (nil? b) y b)))
     ([a b c] (f (if (nil? a) x a) (if (nil? b) y b) c))
     ([a b c & ds] (apply f (if (nil? a) x a) (if (nil? b) y b) c ds))))
  ([f x y z]
   (fn
     ([a b] (f (if (nil? a) x a) (if (nil? b) y b)))
     ([a b c] (f (if (nil? a) x a) (if (nil? b) y b) (if (nil? c) z c)))
     ([a b c & ds] (apply f (if (nil? a) x a) (if (nil? b) y b) (if (nil? c) z c) ds)))))

(defn memoize
  "Like f, remembering values by arguments."
  [f]
  (let [known (atom {})]
    (fn [& args]
      (if-let [e (find @known args)]
        (val e)
        (let [value (apply f args)]
          (swap! known assoc args value)
          value)))))

(defn trampoline
  "Calls f, then the functions that come back, until a value is no function."
  ([f]
   (let [value (f)]
     (if (fn? value) (recur value) value)))
  ([f & args] (trampoline (fn [] (apply f args)))))

(defn every?
  "Is (pred x) true of every item?"
  [pred coll]
  (loop [s (seq coll)]
    (cond
      (nil? s) true
      (pred (first s)) (recur (next s))
      :else false)))

(defn not-every? "Is (pred x) false of some item?" [pred coll] (not (every? pred coll)))

(defn some
  "The first true value of (pred x) on the items, or nil."
  [pred coll]
  (loop [s (seq coll)]
    (when s
      (or (pred (first s)) (recur (next s))))))

(defn not-any? "Is (pred x) false of every item?" [pred coll] (not (some pred coll)))

(defn every-pred
  "A function: are all of the preds true of all of its arguments?"
  [& preds]
  (fn [& args]
    (every? (fn [p] (every? p args)) preds)))

(defn some-fn
  "A function: the first true value of a pred on an argument, else the last false one."
  [& preds]
  (fn [& args]
    (loop [as (seq args) found nil]
      (if as
        (let [a (first as)
              found (loop [ps (seq preds) found nil]
                      (if (and ps (not found))
                        (recur (next ps) ((first ps) a))
                        found))]
          (or found (recur (next as) found)))
        found))))

(defn comparator
  "A comparator from a predicate that says whether x comes before y."
  [pred]
  (fn [x y]
    (cond
      (pred x y) -1
      (pred y x) 1
      :else 0)))

(defn any? "True of anything." [x] true)

;; ---------------------------------------------------------------- transducers and reduction

(defn completing
  "A reducing function from f, with cf (default identity) to complete it."
  ([f] (completing f identity))
  ([f cf]
   (fn
     ([] (f))
     ([x] (cf x))
     ([x y] (f x y)))))

(defn transduce
  "Reduces coll with f transformed by xform."
  ([xform f coll] (transduce xform f (f) coll))
  ([xform f init coll]
   (let [step (xform f)]
     (step (reduce step init coll)))))

(defn into
  "Conjoins the items of from to to, through xform if there is one."
  ([] [])
  ([to] to)
  ([to from]
   (if (instance? clojure.lang.IEditableCollection to)
     (with-meta (persistent! (reduce conj! (transient to) from)) (meta to))
     (reduce conj to from)))
  ([to xform from]
   (if (instance? clojure.lang.IEditableCollection to)
     (let [step (xform conj!)
           filled (reduce step (transient to) from)]
       (with-meta (persistent! (step filled)) (meta to)))
     (transduce xform conj to from))))

(defn cat
  "A transducer that puts the items of each input in its place."
  [rf]
  (let [inner (fn [acc x]
                (let [r (rf acc x)]
                  (if (reduced? r) (reduced r) r)))]
    (fn
      ([] (rf))
      ([acc] (rf acc))
      ([acc x] (reduce inner acc x)))))

(defn halt-when
  "A transducer that ends with the first input that pred is true of; retf makes the value from the completed result and it."
  ([pred] (halt-when pred nil))
  ([pred retf]
   (fn [rf]
     (fn
       ([] (rf))
       ([acc]
        (if (and (map? acc) (contains? acc :clojure.core/halt))
          (:clojure.core/halt acc)
          (rf acc)))
       ([acc x]
        (if (pred x)
          (reduced {:clojure.core/halt (if retf (retf (rf acc) x) x)})
          (rf acc x)))))))

(defn sequence
  "A lazy seq of the items of coll, through xform if there is one; () where there are none."
  ([coll]
   (if (seq? coll)
     coll
     (or (seq coll) ())))
  ([xform coll]
   (or (seq (transformed-seq xform coll)) ()))
  ([xform coll & colls]
   (or (seq (transformed-seq xform (apply map vector coll colls) true)) ())))

(defn transformed-seq
  "What xform makes of the items of coll, as a lazy seq; with spread?, items are vectors of arguments."
  {:added "rung"}
  ([xform coll] (transformed-seq xform coll false))
  ([xform coll spread?]
   (let [waiting (volatile! [])
         step (xform (fn
                       ([] nil)
                       ([acc] acc)
                       ([acc x] (vswap! waiting conj x) acc)))
         take-waiting (fn [] (let [w @waiting] (vreset! waiting []) w))
         walk (fn walk [s]
                (lazy-seq
                  (loop [s (seq s)]
                    (if s
                      (let [r (if spread? (apply step nil (first s)) (step nil (first s)))
                            made (take-waiting)]
                        (cond
                          (reduced? r) (do (step nil)
                                           (concat made (take-waiting)))
                          (seq made) (concat made (walk (rest s)))
                          :else (recur (next s))))
                      (do (step nil)
                          (seq (take-waiting)))))))]
     (walk coll))))

(defn eduction
  "The application of xforms to coll, done anew each time it is reduced or walked."
  [& args]
  (rung.host/eduction (apply comp (butlast args)) (last args)))

(defn ->Eduction
  "An eduction."
  [xform coll]
  (rung.host/eduction xform coll))

(defn run!
  "Calls proc on each item, for what it does."
  [proc coll]
  (reduce (fn [_ x] (proc x)) nil coll)
  nil)

(defn mapv
  "A vector of the values of f on the items."
  ([f coll] (persistent! (reduce (fn [v x] (conj! v (f x))) (transient []) coll)))
  ([f c1 c2] (into [] (map f c1 c2)))
  ([f c1 c2 c3] (into [] (map f c1 c2 c3)))
  ([f c1 c2 c3 & colls] (into [] (apply map f c1 c2 c3 colls))))

(defn filterv
  "A vector of the items that pred is true of."
  [pred coll]
  (persistent! (reduce (fn [v x] (if (pred x) (conj! v x) v)) (transient []) coll)))

(defn mapcat
  "The concatenation of the values of f on the items."
  ([f] (comp (map f) cat))
  ([f & colls] (apply concat (apply map f colls))))

(defn map-indexed
  "The values of f on index and item."
  ([f]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x] (rf acc (f (vswap! i inc) x)))))))
  ([f coll] (map f (range) coll)))

(defn keep-indexed
  "The values of f on index and item that are not nil."
  ([f]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (let [v (f (vswap! i inc) x)]
            (if (nil? v) acc (rf acc v))))))))
  ([f coll] (keep identity (map f (range) coll))))

(defn take-nth
  "Every nth item."
  ([n]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x] (if (zero? (rem (vswap! i inc) n)) (rf acc x) acc))))))
  ([n coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (cons (first s) (take-nth n (drop n s)))))))

(defn take-last
  "A seq of the last n items."
  [n coll]
  (loop [s (seq coll) lead (seq (drop n coll))]
    (if lead
      (recur (next s) (next lead))
      s)))

(defn drop-last
  "All but the last n (default 1) items."
  ([coll] (drop-last 1 coll))
  ([n coll] (map (fn [x _] x) coll (drop n coll))))

(defn interleave
  "The first item of each, then the second of each, …"
  ([] ())
  ([c1] (lazy-seq c1))
  ([c1 c2]
   (lazy-seq
     (let [s1 (seq c1) s2 (seq c2)]
       (when (and s1 s2)
         (cons (first s1) (cons (first s2) (interleave (rest s1) (rest s2))))))))
  ([c1 c2 & colls]
   (lazy-seq
     (let [ss (map seq (conj colls c2 c1))]
       (when (every? identity ss)
         (concat (map first ss) (apply interleave (map rest ss))))))))

(defn interpose
  "The items with sep between."
  ([sep]
   (fn [rf]
     (let [started (volatile! false)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (if @started
            (let [acc (rf acc sep)]
              (if (reduced? acc) acc (rf acc x)))
            (do (vreset! started true)
                (rf acc x))))))))
  ([sep coll] (drop 1 (interleave (repeat sep) coll))))

(defn partition
  "Lists of n items, step (default n) apart; a last one that is too short is left out, or filled from pad."
  ([n coll] (partition n n coll))
  ([n step coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (when (= n (count p))
           (cons p (partition n step (nthrest s step))))))))
  ([n step pad coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (if (= n (count p))
           (cons p (partition n step pad (nthrest s step)))
           (list (take n (concat p pad)))))))))

(defn partition-all
  "Lists of n items, step (default n) apart; the last ones may be shorter."
  ([n]
   (fn [rf]
     (let [group (volatile! [])]
       (fn
         ([] (rf))
         ([acc]
          (let [g @group
                acc (if (empty? g)
                      acc
                      (do (vreset! group [])
                          (unreduced (rf acc g))))]
            (rf acc)))
         ([acc x]
          (let [g (vswap! group conj x)]
            (if (= n (count g))
              (do (vreset! group [])
                  (rf acc g))
              acc)))))))
  ([n coll] (partition-all n n coll))
  ([n step coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (cons p (partition-all n step (nthrest s step))))))))

(defn partition-by
  "Lists of neighbours on which f has the same value."
  ([f]
   (fn [rf]
     (let [group (volatile! []) last-value (volatile! :clojure.core/none)]
       (fn
         ([] (rf))
         ([acc]
          (let [g @group
                acc (if (empty? g)
                      acc
                      (do (vreset! group [])
                          (unreduced (rf acc g))))]
            (rf acc)))
         ([acc x]
          (let [before @last-value value (f x)]
            (vreset! last-value value)
            (if (or (identical? before :clojure.core/none) (= value before))
              (do (vswap! group conj x)
                  acc)
              (let [g @group
                    acc (rf acc g)]
                (vreset! group (if (reduced? acc) [] [x]))
                acc))))))))
  ([f coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [x (first s)
             value (f x)
             run (cons x (take-while (fn [y] (= value (f y))) (next s)))]
         (cons run (partition-by f (lazy-seq (drop (count run) s)))))))))

(defn split-at "[(take n coll) (drop n coll)]" [n coll] [(take n coll) (drop n coll)])

(defn split-with "[(take-while pred coll) (drop-while pred coll)]" [pred coll] [(take-while pred coll) (drop-while pred coll)])

(defn splitv-at "Like split-at, the first part a vector." [n coll] [(vec (take n coll)) (drop n coll)])

(defn partitionv
  "Like partition, with vectors."
  ([n coll] (map vec (partition n coll)))
  ([n step coll] (map vec (partition n step coll)))
  ([n step pad coll] (map vec (partition n step pad coll))))

(defn partitionv-all
  "Like partition-all, with vectors."
  ([n] (partition-all n))
  ([n coll] (map vec (partition-all n coll)))
  ([n step coll] (map vec (partition-all n step coll))))

(defn distinct
  "The items without repetitions."
  ([]
   (fn [rf]
     (let [seen (volatile! #{})]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (if (contains? @seen x)
            acc
            (do (vswap! seen conj x)
                (rf acc x))))))))
  ([coll]
   (let [walk (fn walk [s seen]
                (lazy-seq
                  (loop [s (seq s) seen seen]
                    (when s
                      (let [x (first s)]
                        (if (contains? seen x)
                          (recur (next s) seen)
                          (cons x (walk (rest s) (conj seen x)))))))))]
     (walk coll #{}))))

(defn dedupe
  "The items without repetitions of neighbours."
  ([]
   (fn [rf]
     (let [before (volatile! :clojure.core/none)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (let [b @before]
            (vreset! before x)
            (if (= b x) acc (rf acc x))))))))
  ([coll] (sequence (dedupe) coll)))

(defn distinct?
  "Is no argument equal to another?"
  ([x] true)
  ([x y] (not (= x y)))
  ([x y & more]
   (loop [seen #{x} s (cons y more)]
     (cond
       (empty? s) true
       (contains? seen (first s)) false
       :else (recur (conj seen (first s)) (rest s))))))

(defn replace
  "The items, those that are keys of smap replaced."
  ([smap] (map (fn [x] (if-let [e (find smap x)] (val e) x))))
  ([smap coll]
   (let [swap (fn [x] (if-let [e (find smap x)] (val e) x))]
     (if (vector? coll)
       (with-meta (mapv swap coll) (meta coll))
       (map swap coll)))))

(defn reductions
  "The values on the way of (reduce f init coll), as a lazy seq."
  ([f coll]
   (lazy-seq
     (if-let [s (seq coll)]
       (reductions f (first s) (rest s))
       (list (f)))))
  ([f init coll]
   (if (reduced? init)
     (list @init)
     (cons init
           (lazy-seq
             (when-let [s (seq coll)]
               (reductions f (f init (first s)) (rest s))))))))

(defn repeatedly
  "The values of calls of f, without end or n of them."
  ([f] (lazy-seq (cons (f) (repeatedly f))))
  ([n f] (take n (repeatedly f))))

(defn tree-seq
  "The nodes of a tree, each before its children."
  [branch? children root]
  (let [walk (fn walk [node]
               (lazy-seq
                 (cons node
                       (when (branch? node)
                         (mapcat walk (children node))))))]
    (walk root)))

(defn flatten
  "The items that are not sequential, of any nesting."
  [x]
  (filter (complement sequential?) (rest (tree-seq sequential? seq x))))

(defn xml-seq "The elements of a tree of maps with :content." [root]
  (tree-seq (complement string?) (comp seq :content) root))

(defn dorun
  "Walks coll (or n items of it) for its effects."
  ([coll]
   (loop [s (seq coll)]
     (when s (recur (next s)))))
  ([n coll]
   (loop [n n s (seq coll)]
     (when (and s (pos? n)) (recur (dec n) (next s))))))

(defn doall
  "Walks coll (or n items of it); coll is the value."
  ([coll] (dorun coll) coll)
  ([n coll] (dorun n coll) coll))

(defn random-sample
  "Each item with probability prob."
  ([prob] (filter (fn [_] (< (rand) prob))))
  ([prob coll] (filter (fn [_] (< (rand) prob)) coll)))

(defn rand-nth "One of the items." [coll] (nth coll (rand-int (count coll))))

(defn line-seq
  "The lines of a reader."
  [rdr]
  (when-let [line (rung.host/read-line-from rdr)]
    (cons line (lazy-seq (line-seq rdr)))))

(defn iteration
  "A seqable of the values that step gives, page after page, from :initk on; :somef :vf :kf take pages apart."
  [step & {:keys [somef vf kf initk] :or {somef some? vf identity kf identity}}]
  (let [pages (fn pages [k]
                (lazy-seq
                  (let [page (step k)]
                    (when (somef page)
                      (cons (vf page)
                            (let [k (kf page)]
                              (when (some? k) (pages k))))))))]
    (pages initk)))

(defn subseq
  "The entries of a sorted collection whose keys pass the tests, ascending."
  ([sc test key] (rung.host/subseq sc test key nil nil true))
  ([sc start-test start-key end-test end-key] (rung.host/subseq sc start-test start-key end-test end-key true)))

(defn rsubseq
  "The entries of a sorted collection whose keys pass the tests, descending."
  ([sc test key] (rung.host/subseq sc test key nil nil false))
  ([sc start-test start-key end-test end-key] (rung.host/subseq sc start-test start-key end-test end-key false)))

(defn max-key
  "The argument on which k is greatest."
  ([k x] x)
  ([k x y] (if (> (k x) (k y)) x y))
  ([k x y & more]
   (let [kx (k x) ky (k y) x? (> kx ky)]
     (loop [best (if x? x y) value (if x? kx ky) s (seq more)]
       (if s
         (let [y (first s) w (k y)]
           (if (>= w value) (recur y w (next s)) (recur best value (next s))))
         best)))))

(defn min-key
  "The argument on which k is least."
  ([k x] x)
  ([k x y] (if (< (k x) (k y)) x y))
  ([k x y & more]
   (let [kx (k x) ky (k y) x? (< kx ky)]
     (loop [best (if x? x y) value (if x? kx ky) s (seq more)]
       (if s
         (let [y (first s) w (k y)]
           (if (<= w value) (recur y w (next s)) (recur best value (next s))))
         best)))))

;; ---------------------------------------------------------------- maps

(defn merge
  "A map of all entries; of equal keys the last wins."
  [& maps]
  (when (some identity maps)
    (reduce (fn [m n] (if n (conj (or m {}) n) m)) maps)))

(defn merge-with
  "A map of all entries; values of equal keys are combined by f, from the left."
  [f & maps]
  (when (some identity maps)
    (let [add (fn [m e]
                (let [k (key e) v (val e)]
                  (if-let [old (find m k)]
                    (assoc m k (f (val old) v))
                    (assoc m k v))))]
      (reduce (fn [m n] (reduce add (or m {}) (seq n))) maps))))

(defn select-keys
  "The entries of a map whose keys are among these."
  [map keyseq]
  (with-meta
    (reduce (fn [m k] (if-let [e (find map k)] (conj m e) m)) {} keyseq)
    (meta map)))

(defn zipmap
  "A map of keys to vals."
  [keys vals]
  (loop [m (transient {}) ks (seq keys) vs (seq vals)]
    (if (and ks vs)
      (recur (assoc! m (first ks) (first vs)) (next ks) (next vs))
      (persistent! m))))

(defn get-in
  "The value at a path of keys."
  ([m ks] (reduce get m ks))
  ([m ks not-found]
   (loop [m m s (seq ks)]
     (if s
       (let [e (get m (first s) :clojure.core/none)]
         (if (identical? e :clojure.core/none)
           not-found
           (recur e (next s))))
       m))))

(defn assoc-in
  "The map with a value at a path of keys."
  [m [k & ks] v]
  (if ks
    (assoc m k (assoc-in (get m k) ks v))
    (assoc m k v)))

(defn update
  "The map with the value at k replaced by f of it."
  ([m k f] (assoc m k (f (get m k))))
  ([m k f x] (assoc m k (f (get m k) x)))
  ([m k f x y] (assoc m k (f (get m k) x y)))
  ([m k f x y z] (assoc m k (f (get m k) x y z)))
  ([m k f x y z & more] (assoc m k (apply f (get m k) x y z more))))

(defn update-in
  "The map with the value at a path of keys replaced by f of it."
  [m ks f & args]
  (let [walk (fn walk [m [k & ks]]
               (if ks
                 (assoc m k (walk (get m k) ks))
                 (assoc m k (apply f (get m k) args))))]
    (walk m ks)))

(defn update-vals
  "The map with f of each value."
  [m f]
  (with-meta
    (persistent! (reduce-kv (fn [acc k v] (assoc! acc k (f v))) (transient {}) m))
    (meta m)))

(defn update-keys
  "The map with f of each key."
  [m f]
  (with-meta
    (persistent! (reduce-kv (fn [acc k v] (assoc! acc (f k) v)) (transient {}) m))
    (meta m)))

(defn group-by
  "A map of the values of f to vectors of the items that have them."
  [f coll]
  (persistent!
    (reduce (fn [m x]
              (let [k (f x)]
                (assoc! m k (conj (get m k []) x))))
            (transient {})
            coll)))

(defn frequencies
  "A map of the items to how often they occur."
  [coll]
  (persistent!
    (reduce (fn [m x] (assoc! m x (inc (get m x 0)))) (transient {}) coll)))

(defn seq-to-map-for-destructuring
  "A map of the keyword arguments in a seq, with a map of them at its end."
  [s]
  (if (next s)
    (rung.host/keyword-arguments s)
    (if (seq s) (first s) {})))

;; ---------------------------------------------------------------- errors

(defn Throwable->map
  "An exception as data: :via :trace :cause :data :phase."
  [o]
  (let [chain (take-while some? (iterate ex-cause o))
        root (last chain)
        base (fn [t]
               (merge {:type (symbol (.getName (class t)))}
                      (when-let [m (ex-message t)] {:message m})
                      (when-let [d (ex-data t)] {:data d})
                      (when-let [at (first (rung.host/exception-trace t))] {:at at})))]
    (merge {:via (mapv base chain)
            :trace (vec (rung.host/exception-trace root))}
           (when-let [m (ex-message root)] {:cause m})
           (when-let [d (ex-data root)] {:data d}))))

(defn test
  "Calls the :test of a var."
  [v]
  (if-let [f (:test (meta v))]
    (do (f) :ok)
    :no-test))

;; ---------------------------------------------------------------- namespaces

(defn requiring-resolve
  "The var of a full name; its namespace is loaded where it is not."
  [sym]
  (if (qualified-symbol? sym)
    (or (resolve sym)
        (do (require (symbol (namespace sym)))
            (resolve sym)))
    (throw (new IllegalArgumentException (str "Not a qualified symbol: " sym)))))

(defn loaded-libs "The names of the namespaces that were loaded." [] (into (sorted-set) (map ns-name) (all-ns)))

(defn clojure-version "The version of the language." [] "1.12.0-rung")

(def *clojure-version* {:major 1 :minor 12 :incremental 0 :qualifier "rung"})

(defn read+string
  "[form text]: what read gives, and the text it read."
  [& args]
  (apply rung.host/read-with-text args))

(defn inst-ms* "The milliseconds of an instant." [inst] (inst-ms inst))

(defn load
  "Loads files by their paths below the path's folders, without extension."
  [& paths]
  (doseq [p paths] (load-file (str p ".clj"))))

(defn replicate "n times x." [n x] (take n (repeat x)))

(defn to-array-2d
  "An array of arrays of the items of the items."
  [coll]
  (to-array (map to-array coll)))

(def default-data-readers
  {'inst (fn [s] (rung.host/read-tagged "inst" s))
   'uuid (fn [s] (rung.host/read-tagged "uuid" s))})

(defn enumeration-seq "A seq of what is enumerated." [e] (seq e))

(defn iterator-seq "A seq of what is iterated over." [iter] (seq iter))

;; ---------------------------------------------------------------- hierarchies

(def global-hierarchy {:parents {} :descendants {} :ancestors {}})

(defn make-hierarchy "A hierarchy without relations." [] {:parents {} :descendants {} :ancestors {}})

(defn isa?
  "Is child equal to parent, or derived from it, directly or not; or a vector of such?"
  ([child parent] (isa? global-hierarchy child parent))
  ([h child parent]
   (or (= child parent)
       (and (class? child) (class? parent) (contains? (supers child) parent))
       (contains? (get (:ancestors h) child) parent)
       (and (class? child) (boolean (some (fn [c] (contains? (get (:ancestors h) c) parent)) (supers child))))
       (and (vector? child) (vector? parent)
            (= (count child) (count parent))
            (every? true? (map (fn [c p] (isa? h c p)) child parent))))))

(defn parents
  "What tag is derived from directly, or nil."
  ([tag] (parents global-hierarchy tag))
  ([h tag]
   (let [own (get (:parents h) tag)]
     (not-empty (if (class? tag) (into (set (bases tag)) own) own)))))

(defn ancestors
  "What tag is derived from, or nil."
  ([tag] (ancestors global-hierarchy tag))
  ([h tag]
   (let [own (get (:ancestors h) tag)]
     (not-empty (if (class? tag) (into (set (supers tag)) own) own)))))

(defn descendants
  "What is derived from tag, or nil."
  ([tag] (descendants global-hierarchy tag))
  ([h tag]
   (if (class? tag)
     (throw (new UnsupportedOperationException "Can't get descendants of classes"))
     (not-empty (get (:descendants h) tag)))))

(defn derive
  "Makes tag derived from parent, in the global hierarchy or in h, which then is the value."
  ([tag parent]
   (assert (namespace parent))
   (assert (or (class? tag) (and (or (keyword? tag) (symbol? tag)) (namespace tag))))
   (alter-var-root (var global-hierarchy) derive tag parent)
   nil)
  ([h tag parent]
   (assert (not= tag parent))
   (assert (or (class? tag) (keyword? tag) (symbol? tag)))
   (assert (or (keyword? parent) (symbol? parent)))
   (let [above (fn [k] (get (:ancestors h) k #{}))
         below (fn [k] (get (:descendants h) k #{}))]
     (cond
       (contains? (get (:parents h) tag) parent) h
       (contains? (above tag) parent)
       (throw (new Exception (str (print-str tag) " already has " (print-str parent) " as ancestor")))
       (contains? (above parent) tag)
       (throw (new Exception (str "Cyclic derivation: " (print-str parent) " has " (print-str tag) " as ancestor")))
       :else
       (let [ups (conj (above parent) parent)
             downs (conj (below tag) tag)
             add (fn [m ks vs] (reduce (fn [m k] (assoc m k (into (get m k #{}) vs))) m ks))]
         {:parents (assoc (:parents h) tag (conj (get (:parents h) tag #{}) parent))
          :ancestors (add (:ancestors h) downs ups)
          :descendants (add (:descendants h) ups downs)})))))

(defn underive
  "Takes back derive."
  ([tag parent]
   (alter-var-root (var global-hierarchy) underive tag parent)
   nil)
  ([h tag parent]
   (if (contains? (get (:parents h) tag) parent)
     (let [left (disj (get (:parents h) tag) parent)
           direct (if (empty? left) (dissoc (:parents h) tag) (assoc (:parents h) tag left))]
       (reduce (fn [h [t ps]] (reduce (fn [h p] (derive h t p)) h ps))
               (make-hierarchy)
               direct))
     h)))

;; ---------------------------------------------------------------- multimethods

(defmacro defmulti
  "Defines a multimethod with a dispatch function; options :default and :hierarchy. A second definition changes nothing."
  [name & decl]
  (let [doc (when (string? (first decl)) (first decl))
        decl (if doc (next decl) decl)
        attributes (when (map? (first decl)) (first decl))
        decl (if attributes (next decl) decl)
        dispatch (first decl)
        options (apply hash-map (next decl))
        unknown (seq (remove #{:default :hierarchy} (keys options)))
        name (vary-meta name merge (when doc {:doc doc}) attributes)]
    (when unknown
      (throw (new IllegalArgumentException (str "Only these options are valid: :default, :hierarchy"))))
    `(let [v# (def ~name)]
       (when-not (and (bound? v#) (rung.host/multi-fn? (deref v#)))
         (def ~name
           (rung.host/multi-fn ~(clojure.core/name name) ~dispatch ~(get options :default :default)
                               ~(get options :hierarchy `(var global-hierarchy))))
         v#))))

(defmacro defmethod
  "Adds a method for a dispatch value to a multimethod."
  [multifn dispatch-val & fn-tail]
  `(rung.host/add-method ~multifn ~dispatch-val (fn ~@fn-tail)))
