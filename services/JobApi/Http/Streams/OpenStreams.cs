using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using JobSystem.JobApi.Diagnostics;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>Open streams of this instance. Limits the number per owner, and ends streams whose credentials become invalid.</summary>
public sealed class OpenStreams(
    IServiceProvider services, IOptions<StreamOptions> options, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundDuty
{
    static readonly TimeSpan look = TimeSpan.FromSeconds(1);
    readonly ConcurrentDictionary<OpenStream, bool> open = new();
    readonly Dictionary<string, int> counts = [];

    /// <returns>Null when the owner has as many as are allowed.</returns>
    public OpenStream? Open(HttpContext http, string owner)
    {
        lock (counts)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, owner, out _);
            if (count >= options.Value.MostOfOneOwner)
            {
                return null;
            }
            count++;
        }
        var stream = new OpenStream(this, http, owner, lifetime.ApplicationStopping);
        open[stream] = true;
        JobMetrics.StreamOpened();
        return stream;
    }

    public ProblemHttpResult TooMany(string owner) => Problems.Of(StatusCodes.Status429TooManyRequests, "too_many_streams",
        $"{FieldErrors.Quote(owner)} has {options.Value.MostOfOneOwner} open streams here, as many as are allowed; close one, or follow several jobs by one /events/stream.");

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(look, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => Task.WhenAll(open.Keys.Select(x => Check(x, stoppingToken)));

    async Task Check(OpenStream stream, CancellationToken stoppingToken)
    {
        if (!await stream.Credentials.AreGood(services, stoppingToken))
        {
            stream.End();
        }
    }

    internal void Close(OpenStream stream)
    {
        if (!open.TryRemove(stream, out _))
        {
            return;
        }
        JobMetrics.StreamClosed();
        lock (counts)
        {
            if (--counts[stream.Owner] == 0)
            {
                counts.Remove(stream.Owner);
            }
        }
    }
}

/// <summary>One stream, until it is disposed.</summary>
public sealed class OpenStream : IDisposable
{
    readonly OpenStreams all;
    // It has no timer and no links, so nothing is kept when it is not disposed, and whoever checks may come too late
    readonly CancellationTokenSource credentialsEnded = new();
    readonly CancellationTokenSource ended;

    internal OpenStream(OpenStreams all, HttpContext http, string owner, CancellationToken stopping)
    {
        (this.all, Owner, Credentials) = (all, owner, new(http));
        ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping, credentialsEnded.Token);
    }

    public string Owner { get; }

    public StandingCredentials Credentials { get; }

    /// <summary>Cancelled when the client disconnects, the service stops, or the credentials become invalid.</summary>
    public CancellationToken Ended => ended.Token;

    internal void End() => credentialsEnded.Cancel();

    public void Dispose()
    {
        all.Close(this);
        ended.Dispose();
    }
}
