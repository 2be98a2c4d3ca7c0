;; rung.thread: java.lang.Thread as programs use it, on the threads of futures.
(in-ns 'rung.thread)

(deftype Thread [f name ^:volatile-mutable running ^:volatile-mutable daemon]
  Runnable
  (run [_] (when f (f)))
  (start [_]
    (when running (throw (new IllegalThreadStateException)))
    (set! running (future-call f))
    nil)
  (join [_] (when running (try (deref running) (catch Throwable e nil))) nil)
  (join [_ millis] (when running (try (deref running millis nil) (catch Throwable e nil))) nil)
  (isAlive [_] (boolean (and running (not (future-done? running)))))
  (interrupt [_] (when running (future-cancel running)) nil)
  (isInterrupted [_] false)
  (setDaemon [_ on] (set! daemon on) nil)
  (isDaemon [_] (boolean daemon))
  (setName [_ n] nil)
  (setPriority [_ n] nil)
  (getName [_] name)
  (getId [_] (bit-and (System/identityHashCode name) 0xffff))
  (toString [_] (str "Thread[" name "]")))

(defn thread "(Thread. f), (Thread. f name)."
  ([f] (thread f (str (gensym "Thread-"))))
  ([f name] (->Thread f name nil true)))

(def ^:dynamic *current* nil)

(defn current "The thread that asks, as far as its name goes." [] (or *current* (->Thread nil "main" nil false)))
