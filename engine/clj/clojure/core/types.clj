;; clojure.core: protocols, records, types, reify. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defmacro defprotocol
  "Defines a protocol: a name and its methods' signatures. Options: a doc string, :extend-via-metadata."
  [name & forms]
  (let [options (fn [forms]
                  (loop [forms forms, all {}]
                    (cond
                      (string? (first forms)) (recur (next forms) (assoc all :doc (first forms)))
                      (keyword? (first forms)) (recur (nnext forms) (assoc all (first forms) (second forms)))
                      :else [all forms])))
        [opts sigs] (options forms)
        all (map (fn [f] (rung.types/signature name f)) sigs)
        on (symbol (rung.types/class-name name))
        full (symbol (str (ns-name *ns*)) (str (clojure.core/name name)))]
    (when-let [twice (first (filter (fn [[_ n]] (< 1 n)) (frequencies (map :name all))))]
      (throw (new IllegalArgumentException (str "Function " (first twice) " in protocol " name " was redefined. Specify all arities in single definition."))))
    `(do
       (defonce ~name {})
       (alter-var-root (var ~name) merge
                       (assoc ~opts
                              :on '~on
                              :var (var ~name)
                              :sigs '~(into {} (map (fn [s] [(keyword (:name s)) s])) all)
                              :method-map ~(into {} (map (fn [s] [(keyword (:name s)) (keyword (:name s))])) all)))
       ~@(when (:doc opts) [`(alter-meta! (var ~name) assoc :doc ~(:doc opts))])
       ~@(map (fn [s]
                `(def ~(with-meta (:name s) {:arglists (list 'quote (:arglists s)) :doc (:doc s) :protocol (list 'var name)})
                   (rung.host/protocol-fn (var ~name) '~(:name s) ~(boolean (:extend-via-metadata opts)))))
              all)
       (rung.host/protocols-changed)
       '~name)))

(defn extend
  "Implements protocols for a class, or nil, by maps of method keyword to function."
  [atype & proto+mmaps]
  (doseq [[protocol functions] (partition 2 proto+mmaps)]
    (rung.types/define-extension protocol atype functions))
  (rung.host/protocols-changed))

(defmacro extend-type
  "Implements protocols for a class: (extend-type Class Protocol (method [this] …) …)."
  [t & specs]
  `(extend ~t
     ~@(mapcat (fn [[protocol methods]] [protocol (rung.types/extension-functions methods)])
               (rung.types/specs specs))))

(defmacro extend-protocol
  "Implements a protocol for several classes: (extend-protocol Protocol Class (method [this] …) … Class …)."
  [p & specs]
  (let [parts (loop [forms specs, all []]
                (if (seq forms)
                  (recur (drop-while seq? (next forms)) (conj all [(first forms) (take-while seq? (next forms))]))
                  all))]
    `(do ~@(map (fn [[class methods]] `(extend-type ~class ~p ~@methods)) parts)
         nil)))

(defn satisfies? "Does x's class, or a class above it, implement the protocol?" [protocol x]
  (boolean (rung.host/implementation protocol x)))

(defn find-protocol-impl "What implements the protocol for x." [protocol x] (rung.host/implementation protocol x))

(defn find-protocol-method "The function of a protocol's method for x." [protocol methodk x]
  (get (rung.host/implementation protocol x) methodk))

(defn extends? "Was the class itself given the protocol?" [protocol atype]
  (boolean (or (and atype (rung.host/class-implements? atype (subs (str (:var protocol)) 2)))
               (get (:impls protocol) atype))))

(defn extenders "The classes that were given the protocol by extend." [protocol] (keys (:impls protocol)))

(defmacro deftype
  "Defines a type with fields and methods of interfaces and protocols: (deftype Name [field …] Protocol (method [this …] …) …)."
  [name fields & opts+specs]
  (let [fields (rung.types/checked name fields)
        full (rung.types/class-name name)
        class (symbol full)
        plain (mapv (fn [f] (with-meta f nil)) fields)
        specs (rung.types/specs (rung.types/without-options opts+specs))]
    (rung.host/define-type full fields :type)
    `(do
       (rung.host/ensure-type ~full '~fields :type)
       (declare ~(symbol (str "->" name)))
       ~@(when (seq specs) [(rung.types/implementation class fields specs)])
       (defn ~(symbol (str "->" name))
         ~(str "Positional factory function for class " full ".")
         ~plain
         (new ~class ~@plain))
       ~class)))

(defmacro defrecord
  "Defines a record: a type that is a map of its fields."
  [name fields & opts+specs]
  (let [fields (rung.types/checked name fields)
        full (rung.types/class-name name)
        class (symbol full)
        plain (mapv (fn [f] (with-meta f nil)) fields)
        specs (rung.types/specs (rung.types/without-options opts+specs))]
    (rung.host/define-type full plain :record)
    `(do
       (rung.host/ensure-type ~full '~plain :record)
       (declare ~(symbol (str "->" name)) ~(symbol (str "map->" name)))
       ~@(when (seq specs) [(rung.types/implementation class plain specs)])
       (defn ~(symbol (str "->" name))
         ~(str "Positional factory function for class " full ".")
         ~plain
         (new ~class ~@plain))
       (defn ~(symbol (str "map->" name))
         ~(str "Factory function for class " full ", taking a map of keywords to field values.")
         [m#]
         (rung.host/record-of-map ~class m#))
       ~class)))

(defmacro reify
  "An object that implements interfaces and protocols; its methods close over what is in scope."
  [& opts+specs]
  (let [specs (rung.types/specs (rung.types/without-options opts+specs))
        all (rung.types/methods [] specs)
        full (rung.types/class-name (gensym "reify__"))]
    (rung.host/define-reified full
                              (conj (mapv (fn [s] (rung.types/interface (first s))) specs) "clojure.lang.IObj")
                              (mapv first all))
    (with-meta `(rung.host/reify ~(symbol full) ~@(map second all)) (meta &form))))

(defmacro definterface
  "Names an interface with methods; objects take part in it as in a protocol."
  [name & sigs]
  `(defprotocol ~name ~@(map (fn [[n params]] (list (with-meta n nil) (into '[this] (map (fn [p] (with-meta p nil)) params)))) sigs)))
