;; clojure.datafy: objects as data, and back. Written from the documentation.
(ns clojure.datafy)

(defn datafy
  "x as data; where that is another object, its metadata says what it was."
  [x]
  (let [v (clojure.core.protocols/datafy x)]
    (if (identical? v x)
      v
      (if (instance? clojure.lang.IObj v)
        (vary-meta v assoc :clojure.datafy/obj x :clojure.datafy/class (symbol (.getName (class x))))
        v))))

(defn nav "What the value v of key k of coll stands for." [coll k v] (clojure.core.protocols/nav coll k v))
