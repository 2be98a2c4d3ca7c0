;; clojure.stacktrace: exceptions with the frames they passed. Written from the documentation.
(ns clojure.stacktrace)

(defn root-cause "The last of the causes." [tr] (if-let [c (ex-cause tr)] (recur c) tr))

(defn print-trace-element "One frame." [e] (print e))

(defn print-throwable
  "Class and message, and the data of an ex-info."
  [tr]
  (print (str (.getName (class tr)) ": " (ex-message tr)))
  (when-let [data (ex-data tr)]
    (newline)
    (pr data)))

(defn print-stack-trace
  "The exception and the frames it passed, at most n."
  ([tr] (print-stack-trace tr nil))
  ([tr n]
   (let [frames (rung.host/exception-trace tr)]
     (print-throwable tr)
     (newline)
     (print " at ")
     (if (seq frames)
       (print-trace-element (first frames))
       (print "[empty stack trace]"))
     (newline)
     (doseq [f (if n (rest (take n frames)) (rest frames))]
       (print "    ")
       (print-trace-element f)
       (newline)))))

(defn print-cause-trace
  "As print-stack-trace, then the same of the causes."
  ([tr] (print-cause-trace tr nil))
  ([tr n]
   (print-stack-trace tr n)
   (when-let [c (ex-cause tr)]
     (print "Caused by: ")
     (recur c n))))

(defn e "Prints the last exception, briefly." [] (print-stack-trace (root-cause *e) 8))
