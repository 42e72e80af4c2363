namespace JobSystem.Worker.Reporting;

/// <summary>Identifies an attempt.</summary>
readonly record struct AttemptKey(Guid JobId, int Attempt);
