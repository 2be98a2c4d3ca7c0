;; clojure.repl: asking about names. Written from the documentation.
(ns clojure.repl)

(def special-docs
  {'def ["(def symbol doc-string? init?)" "Makes a var of that name in the current namespace, with the value of init as its root."]
   'do ["(do exprs*)" "Evaluates the expressions in turn; the value of the last."]
   'if ["(if test then else?)" "Evaluates test; then where it is neither nil nor false, else otherwise."]
   'let ["(let [bindings*] exprs*)" "Evaluates the expressions with names bound to values."]
   'quote ["(quote form)" "The form itself, not evaluated."]
   'var ["(var symbol)" "The var that the symbol names."]
   'fn ["(fn name? [params*] exprs*)" "A function."]
   'loop ["(loop [bindings*] exprs*)" "As let, and recur comes back to it."]
   'recur ["(recur exprs*)" "Goes back to the loop or function around it with other values."]
   'throw ["(throw expr)" "Throws an exception."]
   'try ["(try expr* catch-clause* finally-clause?)" "Evaluates the expressions; catch clauses take exceptions by class, finally runs in any case."]
   'catch ["(catch Class name expr*)" "A clause of try."]
   'finally ["(finally expr*)" "A clause of try."]
   'new ["(new Class args*)" "Constructs an object."]
   '. ["(. object member args*)" "A member of an object."]
   'set! ["(set! place expr)" "Assigns a thread's binding, a mutable field or a C++ lvalue."]
   'monitor-enter ["(monitor-enter x)" "Takes the lock of x; use locking."]
   'monitor-exit ["(monitor-exit x)" "Gives the lock of x back; use locking."]
   '& ["(fn [x & rest] …)" "In a parameter list, the name of the remaining arguments follows."]})

(defn print-doc
  "What doc prints of a var or a namespace."
  [m]
  (println "-------------------------")
  (println (str (when-let [ns (:ns m)] (str (ns-name ns) "/")) (:name m)))
  (when-let [forms (:forms m)] (doseq [f forms] (println " " f)))
  (when (:arglists m) (prn (:arglists m)))
  (cond
    (:special-form m) (println "Special Form")
    (:macro m) (println "Macro"))
  (when-let [d (:doc m)] (println " " d)))

(defmacro doc
  "Prints what is said of a name."
  [name]
  (if-let [[form text] (special-docs name)]
    `(print-doc {:name '~name :forms [~form] :special-form true :doc ~text})
    (cond
      (keyword? name) nil
      (find-ns name) `(print-doc (assoc (meta (find-ns '~name)) :name '~name))
      (resolve name) `(print-doc (meta (var ~name)))
      :else nil)))

(defn ns-names-of "Public names of a namespace, as full symbols." [ns]
  (map (fn [s] (symbol (str (ns-name ns)) (str s))) (rung.host/public-names ns)))

(defn find-doc
  "Prints the docs whose name or text matches."
  [re-string-or-pattern]
  (let [re (re-pattern re-string-or-pattern)]
    (doseq [ns (sort-by ns-name (all-ns))
            v (sort-by symbol (vals (ns-publics ns)))
            :let [m (meta v)]
            :when (and (:doc m) (or (re-find re (:doc m)) (re-find re (str (:name m)))))]
      (print-doc m))))

(defn apropos
  "The public names of all namespaces that contain a string or match a pattern."
  [str-or-pattern]
  (let [matches? (if (instance? java.util.regex.Pattern str-or-pattern)
                   (fn [s] (re-find str-or-pattern (str s)))
                   (fn [s] (.contains (str s) (str str-or-pattern))))
        namespaces (distinct (concat (map ns-name (all-ns)) (rung.host/library-namespaces)))]
    (sort (mapcat (fn [ns] (filter (fn [s] (matches? (name s))) (ns-names-of (the-ns ns)))) namespaces))))

(defn dir-fn "The public names of a namespace, sorted." [ns] (sort (rung.host/public-names (the-ns ns))))

(defmacro dir "Prints the public names of a namespace." [nsname]
  `(doseq [v# (dir-fn '~nsname)] (println v#)))

(defn source-fn
  "The text of a definition, or nil."
  [x]
  (when-let [v (resolve x)]
    (when (var? v) (rung.host/source-of v))))

(defmacro source "Prints the text of a definition." [n]
  `(println (or (source-fn '~n) (str "Source not found"))))

(defn demunge "The name in a function's class name." [fn-name]
  (rung.host/demunge fn-name))

(defn root-cause "The last of the causes." [t] (if-let [c (ex-cause t)] (recur c) t))

(defn stack-element-str "One frame as a string." [el] (str el))

(defn pst
  "Prints an exception and the frames it passed; the last one of the REPL where none is given."
  ([] (pst 12))
  ([e-or-depth]
   (if (instance? Throwable e-or-depth)
     (pst e-or-depth 12)
     (when-let [e *e] (pst (root-cause e) e-or-depth))))
  ([e depth]
   (binding [*out* *err*]
     (println (str (.getSimpleName (class e)) " " (ex-message e) (when-let [d (ex-data e)] (str " " (pr-str d)))))
     (doseq [f (take depth (rung.host/exception-trace e))] (println (str "\t" (stack-element-str f))))
     (when-let [c (ex-cause e)]
       (println "Caused by:")
       (pst c (min depth 5))))))

(defn thread-stopper "Interrupts belong to the engine here; a function that does nothing." [& thread] (fn [& _] nil))

(defn set-break-handler! "Interrupts belong to the engine; nothing changes." [& f] nil)
