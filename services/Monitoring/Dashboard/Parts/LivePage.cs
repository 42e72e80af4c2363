using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.Live;
using Microsoft.AspNetCore.Components;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>Loads when it is opened, and again when the pulse says that something changed: at most once in two seconds, and every ten without one.</summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    static readonly TimeSpan shortest = TimeSpan.FromSeconds(2);
    static readonly TimeSpan longest = TimeSpan.FromSeconds(10);
    bool isLoading;
    bool isStale;
    long loadedAt;

    [Inject] internal LiveEvents Live { get; set; } = null!;
    [Inject] internal TimeProvider Time { get; set; } = null!;
    [Inject] internal JobSystemApi Api { get; set; } = null!;

    protected string? Problem { get; private set; }

    protected override async Task OnParametersSetAsync() => await Refresh();

    protected override void OnInitialized() => Live.Beat += Heard;

    protected abstract Task Load();

    private protected virtual bool Concerns(Pulse pulse) => pulse.Steps > 0;

    /// <summary>Parts that are drawn from the pulse itself.</summary>
    private protected virtual bool DrawsEveryBeat => false;

    protected async Task Refresh() => await Try(Load);

    /// <summary>What the API refuses is shown on the page.</summary>
    protected async Task Try(Func<Task> action)
    {
        try
        {
            Problem = null;
            await action();
        }
        catch (ApiProblem problem)
        {
            Problem = problem.Message;
        }
        loadedAt = Time.GetTimestamp();
    }

    void Heard(Pulse pulse)
    {
        isStale |= Concerns(pulse);
        var age = Time.GetElapsedTime(loadedAt);
        if (!isLoading && ((isStale && age >= shortest) || age >= longest))
        {
            (isLoading, isStale) = (true, false);
            _ = InvokeAsync(Reload);
        }
        else if (DrawsEveryBeat)
        {
            _ = InvokeAsync(StateHasChanged);
        }
    }

    async Task Reload()
    {
        // A refusal stays readable until the next thing that is done
        var said = Problem;
        await Refresh();
        Problem ??= said;
        isLoading = false;
        StateHasChanged();
    }

    public void Dispose()
    {
        Live.Beat -= Heard;
        GC.SuppressFinalize(this);
    }
}
