;; clojure.core: hierarchies and multimethods. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(def global-hierarchy {:parents {} :descendants {} :ancestors {}})

(defn make-hierarchy "A hierarchy without relations." [] {:parents {} :descendants {} :ancestors {}})

(defn isa?
  "Is child equal to parent, or derived from it, directly or not; or a vector of such?"
  ([child parent] (isa? global-hierarchy child parent))
  ([h child parent]
   (or (= child parent)
       (and (class? child) (class? parent) (contains? (supers child) parent))
       (contains? (get (:ancestors h) child) parent)
       (and (class? child) (boolean (some (fn [c] (contains? (get (:ancestors h) c) parent)) (supers child))))
       (and (vector? child) (vector? parent)
            (= (count child) (count parent))
            (every? true? (map (fn [c p] (isa? h c p)) child parent))))))

(defn parents
  "What tag is derived from directly, or nil."
  ([tag] (parents global-hierarchy tag))
  ([h tag]
   (let [own (get (:parents h) tag)]
     (not-empty (if (class? tag) (into (set (bases tag)) own) own)))))

(defn ancestors
  "What tag is derived from, or nil."
  ([tag] (ancestors global-hierarchy tag))
  ([h tag]
   (let [own (get (:ancestors h) tag)]
     (not-empty (if (class? tag) (into (set (supers tag)) own) own)))))

(defn descendants
  "What is derived from tag, or nil."
  ([tag] (descendants global-hierarchy tag))
  ([h tag]
   (if (class? tag)
     (throw (new UnsupportedOperationException "Can't get descendants of classes"))
     (not-empty (get (:descendants h) tag)))))

(defn derive
  "Makes tag derived from parent, in the global hierarchy or in h, which then is the value."
  ([tag parent]
   (assert (namespace parent))
   (assert (or (class? tag) (and (instance? clojure.lang.Named tag) (namespace tag))))
   (alter-var-root (var global-hierarchy) derive tag parent)
   nil)
  ([h tag parent]
   (assert (not= tag parent))
   (assert (or (class? tag) (instance? clojure.lang.Named tag)))
   (assert (instance? clojure.lang.Named parent))
   (let [above (fn [k] (get (:ancestors h) k #{}))
         below (fn [k] (get (:descendants h) k #{}))]
     (cond
       (contains? (get (:parents h) tag) parent) h
       (contains? (above tag) parent)
       (throw (new Exception (str (print-str tag) " already has " (print-str parent) " as ancestor")))
       (contains? (above parent) tag)
       (throw (new Exception (str "Cyclic derivation: " (print-str parent) " has " (print-str tag) " as ancestor")))
       :else
       (let [ups (conj (above parent) parent)
             downs (conj (below tag) tag)
             add (fn [m ks vs] (reduce (fn [m k] (assoc m k (into (get m k #{}) vs))) m ks))]
         {:parents (assoc (:parents h) tag (conj (get (:parents h) tag #{}) parent))
          :ancestors (add (:ancestors h) downs ups)
          :descendants (add (:descendants h) ups downs)})))))

(defn underive
  "Takes back derive."
  ([tag parent]
   (alter-var-root (var global-hierarchy) underive tag parent)
   nil)
  ([h tag parent]
   (if (contains? (get (:parents h) tag) parent)
     (let [left (disj (get (:parents h) tag) parent)
           direct (if (empty? left) (dissoc (:parents h) tag) (assoc (:parents h) tag left))]
       (reduce (fn [h [t ps]] (reduce (fn [h p] (derive h t p)) h ps))
               (make-hierarchy)
               direct))
     h)))


(defmacro defmulti
  "Defines a multimethod with a dispatch function; options :default and :hierarchy. A second definition changes nothing."
  [name & decl]
  (let [doc (when (string? (first decl)) (first decl))
        decl (if doc (next decl) decl)
        attributes (when (map? (first decl)) (first decl))
        decl (if attributes (next decl) decl)
        dispatch (first decl)
        options (apply hash-map (next decl))
        unknown (seq (remove #{:default :hierarchy} (keys options)))
        name (vary-meta name merge (when doc {:doc doc}) attributes)]
    (when unknown
      (throw (new IllegalArgumentException (str "Only these options are valid: :default, :hierarchy"))))
    `(let [v# (def ~name)]
       (when-not (and (bound? v#) (rung.host/multi-fn? (deref v#)))
         (def ~name
           (rung.host/multi-fn ~(clojure.core/name name) ~dispatch ~(get options :default :default)
                               ~(get options :hierarchy `(var global-hierarchy))))
         v#))))

(defmacro defmethod
  "Adds a method for a dispatch value to a multimethod."
  [multifn dispatch-val & fn-tail]
  `(rung.host/add-method ~multifn ~dispatch-val (fn ~@fn-tail)))
