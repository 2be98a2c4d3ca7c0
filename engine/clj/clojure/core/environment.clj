;; clojure.core: errors, namespaces, input. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defn Throwable->map
  "An exception as data: :via :trace :cause :data :phase."
  [o]
  (let [chain (take-while some? (iterate ex-cause (cast Throwable o)))
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

(defn iterator-seq
  "A seq of what an iterator has left, or of what can be iterated over."
  [iter]
  (if (instance? java.util.Iterator iter)
    (let [step (fn step [] (when (.hasNext iter) (cons (.next iter) (lazy-seq (step)))))]
      (step))
    (seq iter)))
