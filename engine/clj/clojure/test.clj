;; clojure.test: assertions, tests, fixtures, reports. A definition is evaluated when its name is first resolved. Written from the
;; documentation.
(ns clojure.test)

(def ^:dynamic *load-tests* true)
(def ^:dynamic *stack-trace-depth* nil)
(def ^:dynamic *report-counters* nil)
(def ^:dynamic *initial-report-counters* {:test 0, :pass 0, :fail 0, :error 0})
(def ^:dynamic *testing-vars* (list))
(def ^:dynamic *testing-contexts* (list))
(def ^:dynamic *test-out* *out*)
(def ^:dynamic *position* "File and line of the assertion that runs." nil)

(defmacro with-test-out
  "Evaluates body with *out* bound to *test-out*."
  [& body]
  `(binding [*out* *test-out*] ~@body))

(defn file-position
  "File and line of the assertion that runs."
  [n]
  (or *position* ["NO_SOURCE_FILE" 0]))

(defn testing-vars-str
  "The tests that run, and where: (name) (file:line)."
  [m]
  (let [{:keys [file line]} m]
    (str (reverse (map (fn [v] (:name (meta v))) *testing-vars*)) " (" file ":" line ")")))

(defn testing-contexts-str
  "The strings of testing around the assertion."
  []
  (apply str (interpose " " (reverse *testing-contexts*))))

(defn inc-report-counter
  "Counts one more of name, where counters are bound."
  [name]
  (when *report-counters*
    (if (map? *report-counters*)
      (set! *report-counters* (assoc *report-counters* name (inc (or (*report-counters* name) 0))))
      (dosync (commute *report-counters* update-in [name] (fnil inc 0))))))

(defmulti ^:dynamic report
  "What is done with a result: {:type :pass}, :fail, :error, and what happens around tests."
  :type)

(defmethod report :default [m]
  (with-test-out (prn m)))

(defmethod report :pass [m]
  (with-test-out (inc-report-counter :pass)))

(defmethod report :fail [m]
  (with-test-out
    (inc-report-counter :fail)
    (println "\nFAIL in" (testing-vars-str m))
    (when (seq *testing-contexts*) (println (testing-contexts-str)))
    (when-let [message (:message m)] (println message))
    (println "expected:" (pr-str (:expected m)))
    (println "  actual:" (pr-str (:actual m)))))

(defmethod report :error [m]
  (with-test-out
    (inc-report-counter :error)
    (println "\nERROR in" (testing-vars-str m))
    (when (seq *testing-contexts*) (println (testing-contexts-str)))
    (when-let [message (:message m)] (println message))
    (println "expected:" (pr-str (:expected m)))
    (print "  actual: ")
    (let [actual (:actual m)]
      (if (instance? Throwable actual)
        (clojure.stacktrace/print-cause-trace actual *stack-trace-depth*)
        (prn actual)))))

(defmethod report :summary [m]
  (with-test-out
    (println "\nRan" (:test m) "tests containing" (+ (:pass m) (:fail m) (:error m)) "assertions.")
    (println (:fail m) "failures," (:error m) "errors.")))

(defmethod report :begin-test-ns [m]
  (with-test-out (println "\nTesting" (ns-name (:ns m)))))

(defmethod report :end-test-ns [m])
(defmethod report :begin-test-var [m])
(defmethod report :end-test-var [m])

(defn do-report
  "Reports a result, with the place of the assertion."
  [m]
  (report
    (case (:type m)
      (:fail :error) (let [[file line] (file-position 1)] (merge {:file file :line line} m))
      m)))

(defn function?
  "Is x a function, or a symbol that names one?"
  [x]
  (if (symbol? x)
    (when-let [v (resolve x)]
      (when (and (var? v) (bound? v))
        (and (fn? (deref v)) (not (:macro (meta v))))))
    (fn? x)))

(defn get-possibly-unbound-var
  "The value of a var, nil where it has none."
  [v]
  (when (bound? v) (deref v)))

(defn assert-predicate
  "The form of an assertion (f x y …) whose arguments' values are reported."
  [msg form]
  (let [args (rest form)
        pred (first form)]
    `(let [values# (list ~@args)
           result# (apply ~pred values#)]
       (if result#
         (do-report {:type :pass, :message ~msg, :expected '~form, :actual (cons '~pred values#)})
         (do-report {:type :fail, :message ~msg, :expected '~form, :actual (list '~'not (cons '~pred values#))}))
       result#)))

(defn assert-any
  "The form of any other assertion."
  [msg form]
  `(let [value# ~form]
     (if value#
       (do-report {:type :pass, :message ~msg, :expected '~form, :actual value#})
       (do-report {:type :fail, :message ~msg, :expected '~form, :actual value#}))
     value#))

(defmulti assert-expr
  "Makes the form of an assertion, by its first symbol."
  (fn [msg form]
    (cond
      (nil? form) :always-fail
      (seq? form) (first form)
      :else :default)))

(defmethod assert-expr :always-fail [msg form]
  `(do-report {:type :fail, :message ~msg}))

(defmethod assert-expr :default [msg form]
  (if (and (sequential? form) (function? (first form)))
    (assert-predicate msg form)
    (assert-any msg form)))

(defmethod assert-expr 'instance? [msg form]
  `(let [class# ~(nth form 1)
         object# ~(nth form 2)]
     (let [result# (instance? class# object#)]
       (if result#
         (do-report {:type :pass, :message ~msg, :expected '~form, :actual (class object#)})
         (do-report {:type :fail, :message ~msg, :expected '~form, :actual (class object#)}))
       result#)))

(defmethod assert-expr 'thrown? [msg form]
  (let [class (second form)
        body (nthnext form 2)]
    `(try
       ~@body
       (do-report {:type :fail, :message ~msg, :expected '~form, :actual nil})
       (catch ~class e#
         (do-report {:type :pass, :message ~msg, :expected '~form, :actual e#})
         e#))))

(defmethod assert-expr 'thrown-with-msg? [msg form]
  (let [class (nth form 1)
        re (nth form 2)
        body (nthnext form 3)]
    `(try
       ~@body
       (do-report {:type :fail, :message ~msg, :expected '~form, :actual nil})
       (catch ~class e#
         (let [m# (ex-message e#)]
           (if (and m# (re-find ~re m#))
             (do-report {:type :pass, :message ~msg, :expected '~form, :actual e#})
             (do-report {:type :fail, :message ~msg, :expected '~form, :actual e#})))
         e#))))

(defmacro try-expr
  "An assertion; an exception in it is an error."
  [msg form]
  `(try
     ~(assert-expr msg form)
     (catch Throwable t#
       (do-report {:type :error, :message ~msg, :expected '~form, :actual t#}))))

(defmacro is
  "Asserts that form is true; (thrown? Class body) and (thrown-with-msg? Class re body) assert that it throws."
  ([form] (with-meta `(is ~form nil) (meta &form)))
  ([form msg]
   (let [file (last (clojure.string/split (str *file*) #"/"))]
     `(binding [*position* [~file ~(or (:line (meta &form)) 0)]]
        (try-expr ~msg ~form)))))

(defmacro are
  "Asserts expr for each group of args in the place of the names of argv."
  [argv expr & args]
  (cond
    (and (empty? argv) (empty? args)) nil
    (and (seq argv) (seq args) (zero? (mod (count args) (count argv))))
    `(clojure.template/do-template ~argv ~(with-meta `(is ~expr) (meta &form)) ~@args)
    :else
    (throw (new IllegalArgumentException "The number of args doesn't match are's argv."))))

(defmacro testing
  "Adds a string to the context of the assertions in body."
  [string & body]
  `(binding [*testing-contexts* (conj *testing-contexts* ~string)] ~@body))

(defmacro with-test
  "A definition with a test in the var's metadata."
  [definition & body]
  (if *load-tests*
    `(doto ~definition (alter-meta! assoc :test (fn [] ~@body)))
    definition))

(defmacro deftest
  "Defines a test: a function of no arguments that run-tests finds."
  [name & body]
  (when *load-tests*
    `(def ~(vary-meta name assoc :test `(fn [] ~@body))
       (fn [] (test-var (var ~name))))))

(defmacro deftest-
  "deftest, private."
  [name & body]
  (when *load-tests*
    `(def ~(vary-meta name assoc :test `(fn [] ~@body) :private true)
       (fn [] (test-var (var ~name))))))

(defmacro set-test
  "Gives an existing var a test."
  [name & body]
  (when *load-tests*
    `(alter-meta! (var ~name) assoc :test (fn [] ~@body))))

(defn add-ns-meta
  "Adds fixtures to the current namespace."
  [key coll]
  (alter-meta! *ns* assoc key coll))

(defmulti use-fixtures
  "Wraps tests of the namespace: :each around every test, :once around all."
  (fn [fixture-type & args] fixture-type))

(defmethod use-fixtures :each [fixture-type & args] (add-ns-meta :clojure.test/each-fixtures args))
(defmethod use-fixtures :once [fixture-type & args] (add-ns-meta :clojure.test/once-fixtures args))

(defn default-fixture "Just calls f." [f] (f))

(defn compose-fixtures "One fixture inside the other." [f1 f2] (fn [g] (f1 (fn [] (f2 g)))))

(defn join-fixtures "All fixtures as one, the first outermost." [fixtures] (reduce compose-fixtures default-fixture fixtures))

(defn test-var
  "Runs the test of a var."
  [v]
  (when-let [t (:test (meta v))]
    (binding [*testing-vars* (conj *testing-vars* v)]
      (do-report {:type :begin-test-var, :var v})
      (inc-report-counter :test)
      (try
        (t)
        (catch Throwable e
          (do-report {:type :error, :message "Uncaught exception, not in assertion.", :expected nil, :actual e})))
      (do-report {:type :end-test-var, :var v}))))

(defn test-vars
  "Runs the tests of vars, with the fixtures of their namespaces."
  [vars]
  (doseq [[ns vars] (group-by (fn [v] (or (:ns (meta v)) (the-ns (symbol (namespace (symbol v)))))) vars)]
    (let [once (join-fixtures (:clojure.test/once-fixtures (meta ns)))
          each (join-fixtures (:clojure.test/each-fixtures (meta ns)))]
      (once
        (fn []
          (doseq [v vars]
            (when (:test (meta v))
              (each (fn [] (test-var v))))))))))

(defn test-all-vars
  "Runs all tests of a namespace, in the order of their definition."
  [ns]
  (test-vars (sort-by (fn [v] [(or (:line (meta v)) 0) (str (:name (meta v)))]) (vals (ns-interns ns)))))

(defn test-ns
  "Runs a namespace's tests, or its test-ns-hook; the counters."
  [ns]
  (binding [*report-counters* (ref *initial-report-counters*)]
    (let [ns (the-ns ns)]
      (do-report {:type :begin-test-ns, :ns ns})
      (if-let [v (find-var (symbol (str (ns-name ns)) "test-ns-hook"))]
        ((var-get v))
        (test-all-vars ns))
      (do-report {:type :end-test-ns, :ns ns}))
    (deref *report-counters*)))

(defn run-tests
  "Runs the tests of namespaces, the current one where none is given, prints a summary; it is the value."
  ([] (run-tests *ns*))
  ([& namespaces]
   (let [summary (assoc (apply merge-with + (map test-ns namespaces)) :type :summary)]
     (do-report summary)
     summary)))

(defn run-all-tests
  "Runs the tests of all namespaces, or of those whose name matches."
  ([] (apply run-tests (all-ns)))
  ([re] (apply run-tests (filter (fn [n] (re-matches re (name (ns-name n)))) (all-ns)))))

(defn run-test-var
  "Runs the test of one var, with a summary."
  [v]
  (binding [*report-counters* (ref *initial-report-counters*)]
    (let [ns (:ns (meta v))]
      (do-report {:type :begin-test-ns, :ns ns})
      (test-vars [v])
      (do-report {:type :end-test-ns, :ns ns})
      (let [summary (assoc (deref *report-counters*) :type :summary)]
        (do-report summary)
        summary))))

(defmacro run-test
  "Runs one test by its name."
  [test-symbol]
  (let [v (resolve test-symbol)]
    (cond
      (nil? v) `(binding [*out* *err*] (println "Unable to resolve" '~test-symbol "to a test function."))
      (not (:test (meta v))) `(binding [*out* *err*] (println '~test-symbol "is not a test."))
      :else `(run-test-var ~v))))

(defn successful? "Did all tests of a summary pass?" [summary]
  (and (zero? (:fail summary 0)) (zero? (:error summary 0))))
