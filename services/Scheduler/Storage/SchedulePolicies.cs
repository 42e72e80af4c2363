namespace JobSystem.Scheduler.Storage;

/// <summary>Policies for missed runs.</summary>
static class MisfirePolicies
{
    public const string FireOnce = "fire_once";
    public const string Skip = "skip";
    public const string FireAll = "fire_all";
    public static readonly string[] All = [FireOnce, Skip, FireAll];
}

/// <summary>Policies for runs that are due while an earlier job has not ended.</summary>
static class OverlapPolicies
{
    public const string Allow = "allow";
    public const string Skip = "skip";
    public const string CancelRunning = "cancel_running";
    public static readonly string[] All = [Allow, Skip, CancelRunning];
}

/// <summary>Status of a schedule.</summary>
static class ScheduleStatus
{
    public const string Active = "active";
    public const string Paused = "paused";

    /// <summary>The schedule has no further run.</summary>
    public const string Completed = "completed";
    public static readonly string[] All = [Active, Paused, Completed];
}
