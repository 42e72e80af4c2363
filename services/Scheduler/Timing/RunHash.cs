using System.Buffers.Binary;
using System.Security.Cryptography;
using JobSystem.Contracts;

namespace JobSystem.Scheduler.Timing;

/// <summary>Values that follow from a schedule and the planned time of a run: every instance computes the same ones.</summary>
static class RunHash
{
    /// <summary>Id of the run's job, a version-8 UUID: a run that is submitted twice becomes one job.</summary>
    public static Guid JobId(Guid scheduleId, DateTimeOffset plannedAt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(scheduleId, plannedAt, hash);
        return NameBasedUuid.FromHash(hash);
    }

    /// <summary>A number from 0 to 1 that spreads the runs of a schedule with jitter.</summary>
    public static double JitterFraction(Guid scheduleId, DateTimeOffset plannedAt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(scheduleId, plannedAt, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash[28..]) / (double)uint.MaxValue;
    }

    static void Compute(Guid scheduleId, DateTimeOffset plannedAt, Span<byte> hash)
    {
        Span<byte> text = stackalloc byte[16 + sizeof(long)];
        scheduleId.TryWriteBytes(text, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(text[16..], plannedAt.UtcTicks);
        SHA256.HashData(text, hash);
    }
}
