using JobSystem.Contracts;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;

namespace JobSystem.Worker.Control;

/// <summary>Takes what JobSystem tells the worker. Returns at once.</summary>
sealed class WorkerInbox(AttemptRequests requests, Attempts attempts, ServedQueues queues, ControlCommandHandler control)
{
    /// <summary>Called when the worker is connected: at startup and after each reconnect.</summary>
    public Action? OnConnected { get; set; }

    public void Connected() => OnConnected?.Invoke();

    public void Take(AttemptsGranted message) => requests.Admit(message);

    /// <summary>Nothing more is granted to the request.</summary>
    public void EndRequest(Guid requestId) => requests.End(requestId);

    public void Take(QueuesChanged message) => queues.Apply(message);

    public void Cancel(IEnumerable<AttemptControl> items)
    {
        foreach (var item in items)
        {
            attempts.Cancel(item);
        }
    }

    public void Revoke(IEnumerable<AttemptControl> items)
    {
        foreach (var item in items)
        {
            attempts.Revoke(item);
        }
    }

    /// <summary>The worker has another id now: what it held under the old one is not its own any more.</summary>
    public void RevokeAll() => Revoke(attempts.All().ConvertAll(x => new AttemptControl { JobId = x.Key.JobId, Attempt = x.Key.Attempt }));

    public WorkerAnswered Execute(ControlWorker command) => control.Execute(command);
}
