using JobSystem.Contracts;

namespace JobSystem.Testing;

/// <summary>Outcomes of reports.</summary>
static class Outcomes
{
    public static TaskOutcome From(string step) => step switch
    {
        AttemptStep.Completed => TaskOutcome.Completed,
        AttemptStep.TimedOut => TaskOutcome.TimedOut,
        AttemptStep.Cancelled => TaskOutcome.Cancelled,
        AttemptStep.Snoozed => TaskOutcome.Snoozed,
        _ => TaskOutcome.Failed,
    };
}
