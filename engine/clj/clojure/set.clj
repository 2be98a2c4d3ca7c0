;; clojure.set: sets and relations. Written from the documentation.
(ns clojure.set)

(defn- bubble-max-key
  "The items with the one on which k is greatest first."
  [k coll]
  (let [greatest (apply max-key k coll)]
    (cons greatest (remove (fn [x] (identical? greatest x)) coll))))

(defn union
  "A set of what is in any of the sets."
  ([] #{})
  ([s1] s1)
  ([s1 s2] (if (< (count s1) (count s2)) (reduce conj s2 s1) (reduce conj s1 s2)))
  ([s1 s2 & sets]
   (let [largest-first (bubble-max-key count (conj sets s2 s1))]
     (reduce into (first largest-first) (rest largest-first)))))

(defn intersection
  "A set of what is in all of the sets."
  ([s1] s1)
  ([s1 s2]
   (if (< (count s2) (count s1))
     (recur s2 s1)
     (reduce (fn [s x] (if (contains? s2 x) s (disj s x))) s1 s1)))
  ([s1 s2 & sets]
   (let [least-first (bubble-max-key (fn [s] (- (count s))) (conj sets s2 s1))]
     (reduce intersection (first least-first) (rest least-first)))))

(defn difference
  "A set of what is in the first set and in none of the others."
  ([s1] s1)
  ([s1 s2]
   (if (< (count s1) (count s2))
     (reduce (fn [s x] (if (contains? s2 x) (disj s x) s)) s1 s1)
     (reduce disj s1 s2)))
  ([s1 s2 & sets] (reduce clojure.set/difference (clojure.set/difference s1 s2) sets)))

(defn select
  "The set of the items that pred is true of."
  [pred xset]
  (reduce (fn [s x] (if (pred x) s (disj s x))) xset xset))

(defn project
  "A relation of the maps with these keys only."
  [xrel ks]
  (with-meta (set (map (fn [m] (select-keys m ks)) xrel)) (meta xrel)))

(defn rename-keys
  "The map with the keys in kmap renamed."
  [map kmap]
  (reduce (fn [m [old new]]
            (if (contains? map old)
              (assoc m new (get map old))
              m))
          (apply dissoc map (keys kmap))
          kmap))

(defn rename
  "A relation of the maps with the keys in kmap renamed."
  [xrel kmap]
  (with-meta (set (map (fn [m] (clojure.set/rename-keys m kmap)) xrel)) (meta xrel)))

(defn index
  "A map of the distinct values of ks in the maps of a relation to the sets of the maps that have them."
  [xrel ks]
  (reduce (fn [m x]
            (let [k (select-keys x ks)]
              (assoc m k (conj (get m k #{}) x))))
          {}
          xrel))

(defn map-invert
  "The map of the values to the keys."
  [m]
  (persistent! (reduce-kv (fn [acc k v] (assoc! acc v k)) (transient {}) m)))

(defn join
  "The natural join of two relations, or by the keys of km."
  ([xrel yrel]
   (if (and (seq xrel) (seq yrel))
     (let [ks (clojure.set/intersection (set (keys (first xrel))) (set (keys (first yrel))))]
       (clojure.set/join xrel yrel (zipmap ks ks)))
     #{}))
  ([xrel yrel km]
   (let [[small big km] (if (<= (count xrel) (count yrel))
                          [xrel yrel (clojure.set/map-invert km)]
                          [yrel xrel km])
         found (clojure.set/index small (vals km))]
     (reduce (fn [out x]
               (let [matches (get found (clojure.set/rename-keys (select-keys x (keys km)) km))]
                 (if matches
                   (reduce (fn [out y] (conj out (merge y x))) out matches)
                   out)))
             #{}
             big))))

(defn subset?
  "Is every item of set1 in set2?"
  [set1 set2]
  (and (<= (count set1) (count set2))
       (every? (fn [x] (contains? set2 x)) set1)))

(defn superset?
  "Is every item of set2 in set1?"
  [set1 set2]
  (and (>= (count set1) (count set2))
       (every? (fn [x] (contains? set1 x)) set2)))
