using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>GET /events/stream: the steps of all jobs as they happen.</summary>
sealed class StreamEvents(EventFeed feed, IOptions<StreamOptions> options, TimeProvider time)
{
    const int Page = 500;

    public static async Task<Results<EmptyHttpResult, ProblemHttpResult>> Handle(HttpContext http, CallerScope viewer, StreamEvents stream, OpenStreams streams)
    {
        var errors = new FieldErrors();
        var filter = EventFilter.Read(http.Request.Query, errors) with { OnlyOwner = viewer.OnlyOwner };
        if (errors.Any)
        {
            return errors.ToProblem("Failed to stream events");
        }
        using var open = streams.Open(http, viewer.Owner);
        if (open is null)
        {
            return streams.TooMany(viewer.Owner);
        }
        await stream.Run(http, filter, open.Ended);
        return TypedResults.Empty;
    }

    async Task Run(HttpContext http, EventFilter filter, CancellationToken ended)
    {
        var resume = http.Request.Headers["Last-Event-ID"].ToString();
        var events = new ServerSentEvents(http.Response, time);
        try
        {
            using var reader = await feed.Open(ended);
            var position = feed.Ring.End;
            await events.Begin(ended);
            if (resume.Length > 0)
            {
                position = Resume(resume, position, events);
                await events.Flush(ended);
            }
            await Pass(events, filter, position, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The caller has disconnected
        }
    }

    /// <summary>Continues after the client's last event; if that is unknown here, starts now and tells the client.</summary>
    RingPosition Resume(string lastId, RingPosition end, ServerSentEvents events)
    {
        var seen = RingPosition.Parse(lastId) ?? new("", 0);
        var loss = feed.Ring.Read(seen, 0).Loss;
        if (loss == RingLoss.None)
        {
            return seen;
        }
        events.Reset(end.ToString(), loss == RingLoss.Overwritten ? "too_old" : "unknown_position");
        return end;
    }

    async Task Pass(ServerSentEvents events, EventFilter filter, RingPosition position, CancellationToken cancellationToken)
    {
        while (true)
        {
            var added = feed.Ring.Added;
            var page = feed.Ring.Read(position, Page);
            if (page.Loss == RingLoss.Overwritten)
            {
                // The client is too slow; it can reconnect and is told what it has missed
                return;
            }
            position = page.Before with { Number = page.Before.Number + page.Events.Count };
            if (page.Loss == RingLoss.Broken)
            {
                events.Reset(position.ToString(), "gap");
                await events.Flush(cancellationToken);
            }
            else if (page.Events.Count > 0)
            {
                await Write(events, filter, page, cancellationToken);
            }
            else
            {
                await Wait(events, added, cancellationToken);
            }
        }
    }

    async Task Write(ServerSentEvents events, EventFilter filter, RingPage page, CancellationToken cancellationToken)
    {
        var any = false;
        for (var i = 0; i < page.Events.Count; i++)
        {
            if (filter.Fits(page.Events[i]))
            {
                events.Write((page.Before with { Number = page.Before.Number + 1 + i }).ToString(), page.Events[i].Word, page.Events[i].Data);
                any = true;
            }
        }
        if (any)
        {
            await events.Flush(cancellationToken);
        }
        else if (events.Silence >= options.Value.Heartbeat)
        {
            await events.Heartbeat(cancellationToken);
        }
    }

    async Task Wait(ServerSentEvents events, Task added, CancellationToken cancellationToken)
    {
        var left = options.Value.Heartbeat - events.Silence;
        try
        {
            await added.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await events.Heartbeat(cancellationToken);
        }
    }
}
