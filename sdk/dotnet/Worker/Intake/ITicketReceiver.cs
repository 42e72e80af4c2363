namespace JobSystem.Worker.Intake;

/// <summary>Receives the tickets of the served queues and passes them to the claims. There is one implementation per transport.</summary>
interface ITicketReceiver
{
    /// <summary>Why tickets cannot be received; null if they can.</summary>
    string? UnavailableReason { get; }

    void Start();

    /// <summary>Stops receiving tickets and returns those that wait to the broker.</summary>
    Task Stop();

    /// <summary>Called every second. Reconnects if tickets wait and slots are free, but nothing is claimed.</summary>
    void Check();
}
