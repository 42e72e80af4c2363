namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>Rows that belong to a relay while it posts them.</summary>
/// <param name="Name">What is written in the rows. It is the relay's own and used once: who has lost the rows has lost them for good.</param>
/// <param name="First">The lowest position.</param>
/// <param name="Last">The highest position.</param>
/// <param name="Jobs">The rows, in order; none if another relay was faster.</param>
sealed record OutboxClaim(string Name, long First, long Last, IReadOnlyList<OutboxJob> Jobs);

/// <summary>A job that JobSystem did not accept.</summary>
/// <param name="Job">The row.</param>
/// <param name="State">What it becomes.</param>
/// <param name="Error">Why.</param>
sealed record RefusedJob(OutboxJob Job, string State, string Error);

/// <summary>What became of the rows of a claim.</summary>
/// <param name="Refused">Rows that JobSystem did not accept. It has all others up to <paramref name="LeftFrom"/>.</param>
/// <param name="LeftFrom">The first position that is to be posted again; null if there is none.</param>
/// <param name="Failure">Why; null if there is none.</param>
sealed record PostedJobs(IReadOnlyList<RefusedJob> Refused, long? LeftFrom, Exception? Failure);

/// <summary>What is in an outbox.</summary>
/// <param name="Pending">Rows to be posted.</param>
/// <param name="SetAside">Rows that were refused.</param>
/// <param name="OldestAt">When the first of the pending ones was enqueued; null if there is none.</param>
sealed record OutboxFigures(long Pending, long SetAside, DateTime? OldestAt);
