namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>The values of <see cref="OutboxJob.State"/>.</summary>
public static class OutboxStates
{
    /// <summary>It is to be posted.</summary>
    public const string Pending = "pending";

    /// <summary>It was posted, and is kept for the retention (<see cref="OutboxOptions.Retention"/>).</summary>
    public const string Posted = "posted";

    /// <summary>No worker has announced its task or that version of it. It is posted again every ten seconds.</summary>
    public const string UnknownTask = "unknown_task";

    /// <summary>JobSystem does not accept it as it is. It is not posted again until somebody makes it pending.</summary>
    public const string Refused = "refused";
}
