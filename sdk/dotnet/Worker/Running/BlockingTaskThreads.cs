namespace JobSystem.Worker.Running;

/// <summary>
/// Threads for tasks that are not asynchronous. They may block for as long as they like; on the thread pool they would keep
/// heartbeats from being sent, and all leases of the worker would be lost.
/// </summary>
sealed class BlockingTaskThreads
{
    static readonly TimeSpan keepIdle = TimeSpan.FromSeconds(10);

    readonly object sync = new();
    readonly Queue<Action> work = new();
    int idle;

    public Task<T> Run<T>(Func<T> function)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                completion.SetResult(function());
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });
        return completion.Task;
    }

    void Post(Action action)
    {
        lock (sync)
        {
            work.Enqueue(action);
            if (idle >= work.Count)
            {
                Monitor.Pulse(sync);
                return;
            }
        }
        new Thread(Serve) { IsBackground = true, Name = "job" }.Start();
    }

    void Serve()
    {
        while (Next() is { } action)
        {
            action();
        }
    }

    Action? Next()
    {
        lock (sync)
        {
            while (work.Count == 0)
            {
                idle++;
                var woken = Monitor.Wait(sync, keepIdle);
                idle--;
                if (!woken && work.Count == 0)
                {
                    return null;
                }
            }
            return work.Dequeue();
        }
    }
}
