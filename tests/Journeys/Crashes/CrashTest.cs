using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>Begins with a healthy stack and leaves one behind, whatever was done to it in between.</summary>
public abstract class CrashTest(Stack stack) : IAsyncLifetime
{
    public Task InitializeAsync() => stack.Heal();

    public Task DisposeAsync() => stack.Heal();
}
