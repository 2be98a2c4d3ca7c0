;; rung.runner: `rung test`. Finds the namespaces with tests, loads them, runs what is asked for and says what came of it.
(in-ns 'rung.runner)

(defn ns-of
  "The name of the namespace that a file's ns form makes, where that form speaks of clojure.test; else nil."
  [file]
  (let [form (try (read-string {:read-cond :allow :eof nil} (slurp file)) (catch Exception e nil))]
    (when (and (seq? form) (= 'ns (first form)) (symbol? (second form))
               (some (fn [x] (= x 'clojure.test)) (flatten (tree-seq coll? seq form))))
      (second form))))

(defn found
  "The namespaces with tests below the folders, sorted by name."
  [folders]
  (let [source? (fn [f] (and (.isFile f) (re-find #"\.(clj|cljc|jank)$" (str f))))]
    (sort (distinct (keep ns-of (filter source? (mapcat (fn [folder] (file-seq (clojure.java.io/file folder))) folders)))))))

(defn matches?
  "Does ns/name match the glob of * and ? in which other characters stand for themselves?"
  [glob text]
  (re-matches (re-pattern (apply str (map (fn [c] (case c \* ".*" \? "." (java.util.regex.Pattern/quote (str c)))) glob))) text))

(defn wanted
  "The vars of a namespace's tests that the filter lets through, in the order of their definition; only of these names where
  there are some."
  [ns names glob]
  (->> (vals (ns-interns ns))
       (filter (fn [v] (:test (meta v))))
       (filter (fn [v] (or (empty? names) (contains? names (:name (meta v))))))
       (filter (fn [v] (or (nil? glob) (matches? glob (str (ns-name ns) "/" (:name (meta v)))))))
       (sort-by (fn [v] [(or (:line (meta v)) 0) (str (:name (meta v)))]))))

(defn recording
  "Runs f; the counters, the failures and the tests with their times that it made."
  [f]
  (let [failures (atom []), tests (atom []), started (atom 0), before clojure.test/report]
    (binding [clojure.test/*report-counters* (ref clojure.test/*initial-report-counters*)
              clojure.test/report
              (fn [m]
                (case (:type m)
                  :begin-test-var (reset! started (System/nanoTime))
                  :end-test-var (swap! tests conj {:name (subs (str (:var m)) 2)
                                                   :ms (/ (- (System/nanoTime) @started) 1000000.0)})
                  (:fail :error) (swap! failures conj
                                        {:type (name (:type m))
                                         :test (some-> (first clojure.test/*testing-vars*) str (subs 2))
                                         :context (clojure.test/testing-contexts-str)
                                         :file (:file m) :line (:line m)
                                         :message (some-> (:message m) str)
                                         :expected (pr-str (:expected m))
                                         :actual (if (instance? Throwable (:actual m))
                                                   (str (:actual m))
                                                   (pr-str (:actual m)))})
                  nil)
                (before m))]
      (f)
      (assoc @clojure.test/*report-counters* :failures @failures :tests @tests))))

(defn run-ns
  "Runs tests of one namespace: all of them by its own hook where it has one."
  [ns names glob]
  (let [ns (the-ns ns)]
    (if (and (empty? names) (nil? glob) (ns-resolve ns 'test-ns-hook))
      (do (clojure.test/do-report {:type :begin-test-ns :ns ns})
          ((deref (ns-resolve ns 'test-ns-hook)))
          (clojure.test/do-report {:type :end-test-ns :ns ns}))
      (when-let [vars (seq (wanted ns names glob))]
        (clojure.test/do-report {:type :begin-test-ns :ns ns})
        (clojure.test/test-vars vars)
        (clojure.test/do-report {:type :end-test-ns :ns ns})))))

(defn run
  "Loads the namespaces of targets (ns or ns/test; those that are found where there are none), runs their tests and prints a
  summary; the result as data."
  [targets folders glob]
  (require 'clojure.test)
  (let [all (if (seq targets) targets (map str (found folders)))
        parsed (map (fn [t] (let [[ns test] (clojure.string/split t #"/" 2)] [(symbol ns) (some-> test symbol)])) all)
        namespaces (distinct (map first parsed))
        named (fn [ns] (set (keep (fn [[n test]] (when (= n ns) test)) parsed)))]
    (doseq [ns namespaces] (require ns))
    (let [result (recording (fn [] (doseq [ns namespaces] (run-ns ns (named ns) glob))))
          summary (assoc (select-keys result [:test :pass :fail :error]) :type :summary)]
      (clojure.test/do-report summary)
      (flush)
      (assoc (dissoc summary :type) :namespaces (mapv str namespaces) :failures (:failures result) :tests (:tests result)))))
