namespace JobSystem.Journeys.Systems;

/// <summary>Workers of another kind beside the stack's executors: one joins through the broker, one over HTTP through the gateway.</summary>
public sealed class OtherWorkers : IAsyncDisposable
{
    OtherWorkers(LedgerWorker onBroker, LedgerWorker overHttp) => (OnBroker, OverHttp) = (onBroker, overHttp);

    public LedgerWorker OnBroker { get; }

    public LedgerWorker OverHttp { get; }

    public IReadOnlyList<LedgerWorker> All => [OnBroker, OverHttp];

    public static async Task<OtherWorkers> Start(Stack stack) => new(await LedgerWorker.Start(stack), await LedgerWorker.StartOverHttp(stack));

    public async ValueTask DisposeAsync()
    {
        await OnBroker.DisposeAsync();
        await OverHttp.DisposeAsync();
    }
}
