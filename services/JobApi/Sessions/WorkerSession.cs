using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Sessions;

/// <summary>A worker that is connected over HTTP.</summary>
public sealed record WorkerSession
{
    const int SecretBytes = 16;

    public required string Id { get; init; }
    public required string Owner { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required string Version { get; init; }
    public required int Slots { get; init; }

    /// <summary>The served queues; empty for all.</summary>
    public required IReadOnlyList<string> Queues { get; init; }
    public required IReadOnlyList<AnnouncedTask> Tasks { get; init; }
    public required byte[] Secret { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>True for ids of sessions: names of workers on the bus have no such character.</summary>
    public static bool IsId(string workerId) => workerId.Contains(Separator);

    public const char Separator = '~';

    /// <summary>The secret of an attempt: who does not know it cannot report for the attempt.</summary>
    public string SecretOf(Guid jobId, int attempt)
    {
        Span<byte> message = stackalloc byte[16 + sizeof(int)];
        jobId.TryWriteBytes(message);
        BinaryPrimitives.WriteInt32BigEndian(message[16..], attempt);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, message, hash);
        return Base64Url.EncodeToString(hash[..SecretBytes]);
    }

    public bool Knows(Guid jobId, int attempt, string secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(SecretOf(jobId, attempt)));
}
