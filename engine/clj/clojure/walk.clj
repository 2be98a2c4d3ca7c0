;; clojure.walk: walking nested data. Written from the documentation.
(ns clojure.walk)

(defn walk
  "Replaces the items of form by inner of them, then gives outer of the whole."
  [inner outer form]
  (cond
    (list? form) (outer (with-meta (apply list (map inner form)) (meta form)))
    (map-entry? form) (outer (rung.host/map-entry (inner (key form)) (inner (val form))))
    (seq? form) (outer (with-meta (doall (map inner form)) (meta form)))
    (record? form) (outer (reduce (fn [r x] (conj r (inner x))) form form))
    (coll? form) (outer (into (empty form) (map inner) form))
    :else (outer form)))

(defn postwalk
  "Walks depth first: f of each form after f of its parts."
  [f form]
  (clojure.walk/walk (fn [x] (clojure.walk/postwalk f x)) f form))

(defn prewalk
  "Walks from the outside: f of each form before f of its parts."
  [f form]
  (clojure.walk/walk (fn [x] (clojure.walk/prewalk f x)) identity (f form)))

(defn postwalk-demo "Prints each form that postwalk visits." [form]
  (clojure.walk/postwalk (fn [x] (print "Walked: ") (prn x) x) form))

(defn prewalk-demo "Prints each form that prewalk visits." [form]
  (clojure.walk/prewalk (fn [x] (print "Walked: ") (prn x) x) form))

(defn keywordize-keys
  "String keys of maps, at any depth, as keywords."
  [m]
  (clojure.walk/postwalk
    (fn [x]
      (if (map? x)
        (with-meta (into {} (map (fn [[k v]] (if (string? k) [(keyword k) v] [k v]))) x) (meta x))
        x))
    m))

(defn stringify-keys
  "Keyword keys of maps, at any depth, as strings."
  [m]
  (clojure.walk/postwalk
    (fn [x]
      (if (map? x)
        (with-meta (into {} (map (fn [[k v]] (if (keyword? k) [(name k) v] [k v]))) x) (meta x))
        x))
    m))

(defn prewalk-replace "Replaces the forms that are keys of smap, from the outside." [smap form]
  (clojure.walk/prewalk (fn [x] (if (contains? smap x) (get smap x) x)) form))

(defn postwalk-replace "Replaces the forms that are keys of smap, depth first." [smap form]
  (clojure.walk/postwalk (fn [x] (if (contains? smap x) (get smap x) x)) form))

(defn macroexpand-all
  "Expands the macro calls in form, at any depth."
  [form]
  (clojure.walk/prewalk (fn [x] (if (seq? x) (macroexpand x) x)) form))
