namespace JobSystem.Scheduler.Schedules;

/// <summary>Names of the canonical operations that dialects call.</summary>
static class ScheduleOperations
{
    public const string CreateSchedule = nameof(CreateSchedule);
    public const string ListSchedules = nameof(ListSchedules);
    public const string GetSchedule = nameof(GetSchedule);
    public const string DeleteSchedule = nameof(DeleteSchedule);
    public const string PauseSchedule = nameof(PauseSchedule);
    public const string ResumeSchedule = nameof(ResumeSchedule);
}
