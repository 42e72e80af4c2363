namespace JobSystem.Worker.Binding;

/// <summary>
/// Runs a task and disposes of what was made for it. A disposal that throws makes a failure of a completed task, as at the end of a
/// <c>using</c> statement, but it never hides how the task itself failed.
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

    static async ValueTask DisposeQuietly(Func<ValueTask> dispose)
    {
        try
        {
            await dispose();
        }
        catch (Exception)
        {
            // The task's own ending says more
        }
    }
}
