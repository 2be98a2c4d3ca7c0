;; clojure.core: functions of functions. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

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
