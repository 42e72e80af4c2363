namespace JobSystem.ServiceDefaults.Duties;

/// <summary>How a duty gets on.</summary>
internal sealed class DutyState(string name, bool isVital, TimeProvider time)
{
    private readonly Lock turn = new();
    private long? busySince;
    private string? reason;

    public string Name => name;
    public bool IsVital => isVital;

    /// <summary>Rounds in a row that failed.</summary>
    public int Failures { get; private set; }

    public void Began()
    {
        lock (turn)
        {
            busySince ??= time.GetTimestamp();
        }
    }

    public void Progressed()
    {
        lock (turn)
        {
            (busySince, reason) = (time.GetTimestamp(), null);
        }
    }

    public void Succeeded()
    {
        lock (turn)
        {
            (busySince, reason, Failures) = (null, null, 0);
        }
    }

    public void Failed(string why)
    {
        lock (turn)
        {
            busySince ??= time.GetTimestamp();
            reason = why;
            Failures++;
        }
    }

    /// <summary>Null while there is nothing to do, or what there is began not longer ago than this.</summary>
    public string? Trouble(TimeSpan patience)
    {
        lock (turn)
        {
            return busySince is { } since && time.GetElapsedTime(since) is var age && age > patience
                ? $"{name} has not succeeded for {age.TotalSeconds:F0} s: {reason ?? "it is still at it"}"
                : null;
        }
    }
}
