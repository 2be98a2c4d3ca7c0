;; clojure.core: maps. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defn merge
  "A map of all entries; of equal keys the last wins."
  [& maps]
  (when (some identity maps)
    (reduce (fn [m n] (conj (or m {}) n)) maps)))

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
    (persistent!
      (reduce-kv (fn [acc k v] (assoc! acc k (f v)))
                 (if (instance? clojure.lang.IEditableCollection m) (transient m) (transient {}))
                 m))
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
