namespace JobSystem.Worker.Binding;

/// <summary>
/// Runs a task and disposes of its services. If the disposal throws, a completed task counts as failed, as at the end of a <c>using</c>
/// statement; any other outcome of the task is kept.
/// </summary>
static class TaskScope
{
    public static async ValueTask<JobOutcome> Run(Func<ValueTask<JobOutcome>> task, Func<ValueTask> dispose)
    {
        JobOutcome outcome;
        try
        {
            outcome = await task();
        }
        catch (Exception)
        {
            await DisposeQuietly(dispose);
            throw;
        }
        if (outcome is JobOutcome.Completed)
        {
            await dispose();
        }
        else
        {
            await DisposeQuietly(dispose);
        }
        return outcome;
    }

    /// <summary>Disposes of an object that was created by a factory, which the container does not do.</summary>
    public static ValueTask DisposeCreated(object created)
    {
        if (created is IAsyncDisposable asynchronous)
        {
            return asynchronous.DisposeAsync();
        }
        (created as IDisposable)?.Dispose();
        return default;
    }

    static async ValueTask DisposeQuietly(Func<ValueTask> dispose)
    {
        try
        {
            await dispose();
        }
        catch (Exception)
        {
            // The outcome of the task is more important
        }
    }
}
