using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobSystem.Journeys.Evidence;

/// <summary>
/// Knows what really ran. Jobs are <c>http_request</c> tasks that call it, so its record is independent of everything that the
/// product stores or says: <c>GET /{label}?delay=MS&amp;status=500,500,200</c> takes MS and answers the n-th call of a label with the n-th status.
/// </summary>
public sealed class Ledger : IAsyncDisposable
{
    readonly Lock _gate = new();
    readonly List<Execution> _executions = [];
    readonly Dictionary<string, List<Execution>> _byLabel = [];
    readonly ConcurrentDictionary<string, TaskCompletionSource> _holds = new();
    readonly TimeProvider _clock = TimeProvider.System;
    readonly WebApplication _app;
    TaskCompletionSource _changed = NewSignal();

    Ledger(WebApplication app) => _app = app;

    /// <summary>host:port, as <c>JOBSYSTEM_HTTP_ALLOW</c> wants it.</summary>
    public string Address { get; private set; } = "";

    public static async Task<Ledger> Open()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var ledger = new Ledger(builder.Build());
        ledger._app.Map("/{label}", ledger.Record);
        await ledger._app.StartAsync();
        ledger.Address = new Uri(ledger._app.Urls.Single()).Authority;
        return ledger;
    }

    public string Url(string label, int delayMs = 0, params int[] statuses) =>
        $"http://{Address}/{label}?delay={delayMs}&status={string.Join(',', statuses.Length == 0 ? [200] : statuses)}";

    public IReadOnlyList<Execution> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _executions];
            }
        }
    }

    public IReadOnlyList<Execution> Of(string label)
    {
        lock (_gate)
        {
            return _byLabel.TryGetValue(label, out var found) ? [.. found] : [];
        }
    }

    /// <summary>Calls with this label do not end until they are released; a hold made later does not touch calls already running.</summary>
    public void Hold(string label) => _holds.TryAdd(label, NewSignal());

    public void Release(string label)
    {
        if (_holds.TryRemove(label, out var hold))
        {
            hold.TrySetResult();
        }
    }

    public void ReleaseAll()
    {
        foreach (var label in _holds.Keys)
        {
            Release(label);
        }
    }

    /// <summary>Waits for the record to say what is expected, and fails with the whole record when it does not.</summary>
    public async Task<IReadOnlyList<Execution>> Until(string label, Func<IReadOnlyList<Execution>, bool> expected, TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(15));
        while (true)
        {
            var signal = Volatile.Read(ref _changed).Task;
            var seen = Of(label);
            if (expected(seen))
            {
                return seen;
            }
            try
            {
                await signal.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"the ledger has for '{label}' only:{Environment.NewLine}{string.Join(Environment.NewLine, seen)}");
            }
        }
    }

    public async Task<Execution> Started(string label, TimeSpan? within = null) => (await Until(label, seen => seen.Count > 0, within))[0];

    public async ValueTask DisposeAsync()
    {
        ReleaseAll();
        await _app.DisposeAsync();
    }

    async Task Record(HttpContext context, string label)
    {
        var (execution, nth) = Begin(context.Request, label);
        var status = StatusOf(context.Request, nth);
        try
        {
            await Work(context, label);
            context.Response.StatusCode = status;
            await context.Response.WriteAsync($"{label} {nth}", context.RequestAborted);
            await context.Response.CompleteAsync();
            Close(execution, ExecutionEnd.Answered, status);
        }
        catch (OperationCanceledException)
        {
            Close(execution, ExecutionEnd.Aborted, 0);
        }
    }

    async Task Work(HttpContext context, string label)
    {
        if (_holds.TryGetValue(label, out var hold))
        {
            await hold.Task.WaitAsync(context.RequestAborted);
        }
        if (int.TryParse(context.Request.Query["delay"], out var delay) && delay > 0)
        {
            await Task.Delay(delay, context.RequestAborted);
        }
        context.RequestAborted.ThrowIfCancellationRequested();
    }

    (Execution Execution, int Nth) Begin(HttpRequest request, string label)
    {
        lock (_gate)
        {
            var execution = new Execution
            {
                Number = _executions.Count + 1,
                Label = label,
                JobId = request.Headers["X-Job-Id"].ToString(),
                Attempt = int.TryParse(request.Headers["X-Job-Attempt"], out var attempt) ? attempt : 0,
                WorkerId = request.Headers["X-Worker-Id"].ToString(),
                StartedAt = _clock.GetUtcNow(),
            };
            _executions.Add(execution);
            var siblings = _byLabel.TryGetValue(label, out var found) ? found : _byLabel[label] = [];
            siblings.Add(execution);
            Pulse();
            return (execution, siblings.Count);
        }
    }

    void Close(Execution execution, ExecutionEnd end, int status)
    {
        lock (_gate)
        {
            execution.Close(end, status, _clock.GetUtcNow());
            Pulse();
        }
    }

    void Pulse() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    static int StatusOf(HttpRequest request, int nth)
    {
        var statuses = request.Query["status"].ToString().Split(',');
        return int.TryParse(statuses[Math.Min(nth, statuses.Length) - 1], out var status) ? status : 200;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
