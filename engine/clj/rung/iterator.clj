;; rung.iterator: what (.iterator coll) gives.
(in-ns 'rung.iterator)

(deftype Iterator [^:unsynchronized-mutable items]
  java.util.Iterator
  (hasNext [_] (some? (seq items)))
  (next [_]
    (let [s (seq items)]
      (when-not s (throw (new java.util.NoSuchElementException)))
      (set! items (rest s))
      (first s))))

(defn iterator "An iterator over the items of a collection." [coll] (->Iterator coll))

(defn items "The items of an object that has an iterator." [iterable] (iterator-seq (.iterator iterable)))
