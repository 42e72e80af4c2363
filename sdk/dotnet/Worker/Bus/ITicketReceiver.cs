namespace JobSystem.Worker.Bus;

/// <summary>Brings the tickets of the served queues to the claims. RabbitMQ and the in-memory transport differ in it.</summary>
interface ITicketReceiver
{
    /// <summary>Why no tickets come although they should; null when all is well.</summary>
    string? Trouble { get; }

    void Start();

    /// <summary>Takes no more tickets; the broker gets back those that wait.</summary>
    Task Stop();

    /// <summary>Called every second: begins anew when tickets wait, slots are free, and nothing happens.</summary>
    void Check();
}
