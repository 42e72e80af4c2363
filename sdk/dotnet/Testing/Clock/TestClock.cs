using JobSystem.Worker.Running;

namespace JobSystem.Testing.Clock;

/// <summary>A clock that stands still until it is set. It knows which attempts wait for it.</summary>
sealed class TestClock(DateTimeOffset now) : TimeProvider
{
    readonly DateTimeOffset start = now;
    readonly long startTimestamp = System.GetTimestamp();
    readonly Lock sync = new();
    readonly SortedSet<ClockTimer> timers = new(ClockTimer.InOrder);
    DateTimeOffset now = now;
    long created;
    int underWay;

    /// <summary>That of the system's clock, because parts of a worker compare timestamps of both.</summary>
    public override long TimestampFrequency => System.TimestampFrequency;

    /// <summary>When the next timer elapses; null if there is none.</summary>
    public DateTimeOffset? NextTimer
    {
        get { lock (sync) { return timers.Min?.Due; } }
    }

    /// <summary>True if no callback of an elapsed timer runs.</summary>
    public bool IsSettled => Volatile.Read(ref underWay) == 0;

    public override DateTimeOffset GetUtcNow()
    {
        lock (sync)
        {
            return now;
        }
    }

    public override long GetTimestamp() => startTimestamp + (long)((Int128)(GetUtcNow() - start).Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // A time limit is nothing that a task waits for
        var waiting = state is CancellationTokenSource ? null : JobLogProvider.Current;
        var timer = new ClockTimer(this, callback, state, waiting, Interlocked.Increment(ref created));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>True if the task of the attempt waits for a moment of this clock.</summary>
    public bool IsAwaitedBy(IAttempt attempt)
    {
        lock (sync)
        {
            return timers.Any(x => ReferenceEquals(x.Waiting, attempt) && x.Period == Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sets the time forward. Timers elapse in order, each at its time; their callbacks run on the thread pool.</summary>
    public void Set(DateTimeOffset time)
    {
        lock (sync)
        {
            while (timers.Min is { } next && next.Due <= time)
            {
                now = next.Due > now ? next.Due : now;
                Elapse(next);
            }
            now = time;
        }
    }

    void Change(ClockTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (sync)
        {
            timers.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }
            timer.Due = now + dueTime;
            timers.Add(timer);
            if (dueTime == TimeSpan.Zero)
            {
                Elapse(timer);
            }
        }
    }

    void Remove(ClockTimer timer)
    {
        lock (sync)
        {
            timers.Remove(timer);
        }
    }

    void Elapse(ClockTimer timer)
    {
        timers.Remove(timer);
        if (timer.Period != Timeout.InfiniteTimeSpan)
        {
            timer.Due = now + timer.Period;
            timers.Add(timer);
        }
        Interlocked.Increment(ref underWay);
        ThreadPool.UnsafeQueueUserWorkItem(x => x.Clock.Run(x), timer, preferLocal: false);
    }

    void Run(ClockTimer timer)
    {
        try
        {
            timer.Call();
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }

    sealed class ClockTimer(TestClock clock, TimerCallback callback, object? state, IAttempt? waiting, long number) : ITimer
    {
        public static readonly IComparer<ClockTimer> InOrder = Comparer<ClockTimer>.Create((a, b) =>
            a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number));
        readonly ExecutionContext? context = ExecutionContext.Capture();

        public TestClock Clock => clock;

        /// <summary>The attempt whose task created it.</summary>
        public IAttempt? Waiting => waiting;

        /// <summary>In which order it was created.</summary>
        public long Number => number;
        public DateTimeOffset Due { get; set; }
        public TimeSpan Period { get; set; } = Timeout.InfiniteTimeSpan;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Change(this, dueTime, period);
            return true;
        }

        public void Call()
        {
            if (context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(context, _ => callback(state), null);
            }
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
