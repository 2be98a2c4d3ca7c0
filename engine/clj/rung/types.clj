;; rung.types: what the macros deftype, defrecord, reify, defprotocol and extend-type share: taking their forms apart.
;; A definition is evaluated when its name is first resolved. Written from the documentation.
(in-ns 'rung.types)

(defn protocol? "Is x what defprotocol makes?" [x] (and (map? x) (var? (:var x)) (contains? x :sigs)))

(defn class-name
  "The full name of a class that is defined in the current namespace."
  [name]
  (str (.replace (str (ns-name *ns*)) "-" "_") "." name))

(defn interface
  "The name of what a method belongs to: ns/Protocol, or the full name of an interface."
  [sym]
  (let [found (resolve sym)]
    (cond
      (and (var? found) (protocol? (deref found))) (subs (str (:var (deref found))) 2)
      (class? found) (.getName found)
      (var? found) (throw (new IllegalArgumentException (str sym " is not an interface or protocol")))
      :else (throw (new IllegalArgumentException (str "Unable to resolve symbol: " sym " in this context"))))))

(defn specs
  "Pairs of an interface's symbol and its method forms."
  [forms]
  (loop [forms (seq forms), all []]
    (cond
      (nil? forms) all
      (seq? (first forms)) (throw (new IllegalArgumentException "methods follow the name of an interface or protocol"))
      :else (let [[methods more] (split-with seq? (next forms))]
              (recur (seq more) (conj all [(first forms) (vec methods)]))))))

(defn without-options
  "The forms behind leading options, which are keywords with a value."
  [forms]
  (if (keyword? (first forms)) (recur (nnext forms)) forms))

(defn mentions?
  "Does the symbol stand anywhere in the form?"
  [sym form]
  (cond
    (symbol? form) (= sym form)
    (map? form) (boolean (some (fn [[k v]] (or (mentions? sym k) (mentions? sym v))) form))
    (coll? form) (boolean (some (fn [x] (mentions? sym x)) form))
    :else false))

(defn arity
  "One arity of a method as one of fn*: the parameters' names cover the fields', and recur leaves the object out."
  [fields params body]
  (when-not (and (vector? params) (seq params))
    (throw (new IllegalArgumentException (str "Must supply at least one argument for 'this' in: " (pr-str (cons params body))))))
  (let [names (mapv (fn [p] (gensym "p__")) params)
        plain (fn [p] (if (symbol? p) (vary-meta p dissoc :tag) p))
        bindings (vec (interleave (map plain params) names))
        body (if (mentions? 'recur body)
               `((let ~(subvec bindings 0 2)
                   (loop ~(subvec bindings 2) ~@body)))
               `((let ~bindings ~@body)))]
    (if (seq fields)
      (list names `(rung.host/with-fields ~(first names) ~fields ~@body))
      (cons names body))))

(defn methods
  "Pairs of a method's name and its function, in the order of their first mention."
  [fields specs]
  (let [forms (mapcat second specs)
        names (distinct (map first forms))]
    (map (fn [n]
           [n (cons 'fn* (map (fn [[_ params & body]] (arity fields params body))
                              (filter (fn [f] (= n (first f))) forms)))])
         names)))

(defn implementation
  "The form that gives a class its methods."
  [class fields specs]
  (let [all (methods fields specs)]
    `(rung.host/implement ~class ~(mapv (fn [s] (interface (first s))) specs) '~(mapv (fn [m] (with-meta (first m) nil)) all)
                          ~@(map second all))))

(defn checked
  "The vector of fields, when it is one."
  [name fields]
  (when-not (vector? fields) (throw (new IllegalArgumentException "No fields vector given.")))
  (when-not (every? symbol? fields) (throw (new AssertionError "defrecord and deftype fields must be symbols")))
  (when-not (apply distinct? nil fields) (throw (new IllegalArgumentException (str "Duplicate field names in " name))))
  fields)

(defn extension-functions
  "The map of functions of one type in extend-type."
  [methods]
  (let [named (group-by first methods)]
    (into {}
          (map (fn [[n forms]]
                 [(keyword (name n))
                  (cons `fn (mapcat (fn [f] (if (vector? (second f)) (list (rest f)) (rest f))) forms))]))
          named)))

(defn signature
  "What defprotocol says of one method: its name, argument lists, doc string."
  [protocol form]
  (let [lists (take-while vector? (next form))
        doc (first (filter string? form))]
    (when (some empty? lists)
      (throw (new IllegalArgumentException
                  (str "Definition of function " (first form) " in protocol " protocol " must take at least one arg."))))
    {:name (with-meta (first form) nil) :arglists (apply list lists) :doc doc :tag (:tag (meta (first form)))}))

(defn define-extension
  "Puts a map of functions into a protocol."
  [protocol class functions]
  (when-not (protocol? protocol)
    (throw (new IllegalArgumentException (str protocol " is not a protocol"))))
  (when (and class (rung.host/class-implements? class (subs (str (:var protocol)) 2)))
    (throw (new IllegalArgumentException
                (str class " already directly implements " (:on protocol) " for protocol:" (:var protocol)))))
  (alter-var-root (:var protocol) assoc-in [:impls class] functions))
