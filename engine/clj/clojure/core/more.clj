;; clojure.core: structs, files, printing methods and other small things. A definition is evaluated when its name is first resolved, so order does
;; not matter; forms that are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defn create-struct "The keys of a struct." [& keys] (vec keys))

(defmacro defstruct "Names the keys of a struct." [name & keys] `(def ~name (create-struct ~@keys)))

(defn struct-map "A map with the keys of a struct, nil where no value is given." [s & inits]
  (merge (apply array-map (mapcat (fn [k] [k nil]) s)) (apply hash-map inits)))

(defn struct "A map with the keys of a struct and these values in their order." [s & vals]
  (merge (apply array-map (mapcat (fn [k] [k nil]) s)) (zipmap s vals)))

(defn accessor "A function that looks a key of a struct up." [s key] (fn [m] (get m key)))

(defn file-seq "A seq of the files below a folder, itself first." [dir]
  (tree-seq (fn [f] (.isDirectory f)) (fn [d] (seq (.listFiles d))) (clojure.java.io/file dir)))

(defn load-reader "Evaluates every form of a reader." [rdr] (load-string (slurp rdr)))

(defn StackTraceElement->vec "A frame as data." [o] [o])

(defn vector-of "A vector of the values, checked to be of the primitive type." [t & elements]
  (let [convert (get {:int int :long long :float float :double double :byte byte :short short :char char :boolean boolean} t)]
    (when-not convert (throw (new IllegalArgumentException (str "Unrecognized type " t))))
    (mapv convert elements)))

(defmulti print-method
  "Prints x to a writer, as pr does; methods for a class or the :type of metadata change how."
  (fn [x writer]
    (let [t (get (meta x) :type)]
      (if (keyword? t) t (class x)))))

(defmethod print-method :default [x writer] (rung.host/print-plainly x writer))

(defmulti print-dup "Prints x to a writer so that the reader makes it again." (fn [x writer] (class x)))

(defmethod print-dup :default [x writer] (rung.host/print-plainly x writer))

(defn print-ctor "Prints the constructor's form of an object." [o print-args w]
  (.write w "#=(")
  (.write w (.getName (class o)))
  (.write w ". ")
  (print-args o w)
  (.write w ")"))

(defn bean "A map of an object's fields." [x] (if (map? x) x (into {} (map (fn [f] [(keyword f) (rung.host/invoke-member x (str f))])) (rung.host/basis (class x)))))

(defmacro proxy
  "An object that implements interfaces, as reify; classes cannot be extended."
  [class-and-interfaces args & fs]
  (let [forms (mapcat (fn [[n & tail]]
                        (map (fn [[params & body]] (list* n (into ['this] params) body))
                             (if (vector? (first tail)) [tail] tail)))
                      fs)]
    `(reify ~@(if (seq class-and-interfaces) class-and-interfaces '[Object]) ~@forms)))

(defn seque "The items of s, made ahead on another thread, at most n (100)."
  ([s] (seque 100 s))
  ([n s]
   (let [go (fn go [ahead s]
              (lazy-seq
                (when-let [s (deref s)]
                  (cons (first s) (go ahead (future (next s)))))))]
     (go n (future (seq s))))))

(defmacro gen-class "There are no classes to generate: nothing." [& options] nil)
(defmacro gen-interface "There are no interfaces to generate: nothing." [& options] nil)

(def unquote nil)
(def unquote-splicing nil)

(defn compile "Loads a namespace; compilation ahead of time is `rung compile`." [lib] (require lib) lib)

(defprotocol Inst "What an instant is." (inst-ms* [inst] "Milliseconds since 1970."))

(extend-protocol Inst java.util.Date (inst-ms* [inst] (inst-ms inst)))
