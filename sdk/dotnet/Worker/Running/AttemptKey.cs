namespace JobSystem.Worker.Running;

/// <summary>Identifies an attempt.</summary>
readonly record struct AttemptKey(Guid JobId, int Attempt);
