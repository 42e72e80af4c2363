using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys;

/// <summary>
/// A test on a system that others use after it. What it leaves broken is replaced at once, and is a failure of this test: no journey depends on the one before.
/// </summary>
public abstract class Journey(Deployment deployment) : IAsyncLifetime
{
    private protected readonly Deployment system = deployment;

    public Task InitializeAsync() => system.BeRunning();

    public Task DisposeAsync() => system.BeWholeOrReplaced();
}
