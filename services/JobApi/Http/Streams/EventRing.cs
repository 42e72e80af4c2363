using System.Globalization;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>
/// The latest events, as they go out. Readers have a position and nothing else, so that a slow one costs no memory: what it has not read
/// when it is overwritten is lost to it, and it is told so.
/// </summary>
public sealed class EventRing(int capacity, int maxBytes)
{
    readonly RingEvent[] events = new RingEvent[capacity];
    readonly Lock turn = new();
    TaskCompletionSource added = NewSignal();
    string epoch = NewEpoch();
    long first = 1, next = 1, bytes;

    /// <summary>Before the next event that comes.</summary>
    public RingPosition End
    {
        get
        {
            lock (turn)
            {
                return new(epoch, next - 1);
            }
        }
    }

    /// <summary>Completes when a new event has been added.</summary>
    public Task Added
    {
        get
        {
            lock (turn)
            {
                return added.Task;
            }
        }
    }

    public void Add(IEnumerable<JobEvent> steps)
    {
        var written = steps.Select(x => new RingEvent(x.Event, x.QueueName, x.TaskName, x.Owner, JsonSerializer.SerializeToUtf8Bytes(x))).ToList();
        TaskCompletionSource signal;
        lock (turn)
        {
            foreach (var step in written)
            {
                while (next - first >= capacity || (bytes + step.Data.Length > maxBytes && first < next))
                {
                    bytes -= events[first++ % capacity].Data.Length;
                }
                bytes += step.Data.Length;
                events[next++ % capacity] = step;
            }
            (signal, added) = (added, NewSignal());
        }
        signal.SetResult();
    }

    /// <summary>Events may have passed unseen: earlier positions lead nowhere any more.</summary>
    public void Break()
    {
        TaskCompletionSource signal;
        lock (turn)
        {
            Array.Clear(events);
            (epoch, first, next, bytes) = (NewEpoch(), 1, 1, 0);
            (signal, added) = (added, NewSignal());
        }
        signal.SetResult();
    }

    /// <summary>Reads the events after a position.</summary>
    public RingPage Read(RingPosition after, int limit)
    {
        lock (turn)
        {
            if (after.Epoch != epoch)
            {
                return new([], new(epoch, first - 1), RingLoss.Broken);
            }
            if (after.Number < first - 1 || after.Number >= next)
            {
                return new([], new(epoch, first - 1), RingLoss.Overwritten);
            }
            var page = new RingEvent[Math.Min(limit, next - 1 - after.Number)];
            for (var i = 0; i < page.Length; i++)
            {
                page[i] = events[(after.Number + 1 + i) % capacity];
            }
            return new(page, after, RingLoss.None);
        }
    }

    static string NewEpoch() => Guid.CreateVersion7().ToString("N")[20..];

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="Data">The event as JSON in UTF-8.</param>
public readonly record struct RingEvent(string Word, string QueueName, string TaskName, string Owner, byte[] Data);

/// <summary>The position of an event, and its id in the stream.</summary>
/// <param name="Epoch">A time of one instance in which nothing passed unseen.</param>
public readonly record struct RingPosition(string Epoch, long Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Number}");

    public static RingPosition? Parse(string text) =>
        text.Split('-') is [var epoch, var number] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? new(epoch, parsed) : null;
}

/// <param name="Before">The position before the first of the events; after a loss the earliest that there is.</param>
public readonly record struct RingPage(IReadOnlyList<RingEvent> Events, RingPosition Before, RingLoss Loss);

public enum RingLoss
{
    None,

    /// <summary>The position is older than the oldest kept event.</summary>
    Overwritten,

    /// <summary>The position belongs to another instance, or to a time before a gap.</summary>
    Broken,
}
