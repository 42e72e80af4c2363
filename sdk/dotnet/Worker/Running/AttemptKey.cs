namespace JobSystem.Worker.Running;

/// <summary>Names one attempt of one job.</summary>
readonly record struct AttemptKey(Guid JobId, int Attempt);
