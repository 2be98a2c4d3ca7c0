;; clojure.core.protocols: how values take part in reduce, datafy and nav. Written from the documentation.
(in-ns 'clojure.core.protocols)

(defprotocol CollReduce
  "Reducing a collection."
  (coll-reduce [coll f] [coll f val] "(reduce f val coll)"))

(extend-protocol CollReduce
  nil (coll-reduce ([coll f] (f)) ([coll f val] val))
  Object (coll-reduce ([coll f] (reduce f coll)) ([coll f val] (reduce f val coll))))

(defprotocol InternalReduce
  "Reducing the rest of a seq."
  (internal-reduce [seq f start] "(reduce f start seq)"))

(extend-protocol InternalReduce
  nil (internal-reduce [s f val] val)
  Object (internal-reduce [s f val] (reduce f val s)))

(defprotocol IKVReduce
  "Reducing keys and values."
  (kv-reduce [amap f init] "(reduce-kv f init amap)"))

(extend-protocol IKVReduce
  nil (kv-reduce [amap f init] init)
  Object (kv-reduce [amap f init] (reduce-kv f init amap)))

(defprotocol Datafiable
  "Becoming data."
  :extend-via-metadata true
  (datafy [o] "o as data"))

(extend-protocol Datafiable
  nil (datafy [_] nil)
  Object (datafy [x] x)
  Throwable (datafy [x] (Throwable->map x))
  clojure.lang.IRef (datafy [r] (with-meta [(deref r)] (meta r)))
  clojure.lang.Namespace (datafy [n]
                           (with-meta {:name (ns-name n) :publics (into (sorted-map) (ns-publics n)) :imports (into (sorted-map) (ns-imports n))
                                       :interns (into (sorted-map) (ns-interns n))}
                                      (meta n)))
  java.lang.Class (datafy [c] {:name (symbol (.getName c)) :bases (set (bases c))}))

(defprotocol Navigable
  "Going on from data to what it stands for."
  :extend-via-metadata true
  (nav [coll k v] "the value that v stands for"))

(extend-protocol Navigable
  nil (nav [_ _ v] v)
  Object (nav [_ _ v] v))
