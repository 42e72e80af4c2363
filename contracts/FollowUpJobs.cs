using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace JobSystem.Contracts;

/// <summary>Jobs that a task hands over for when it completes: they are inserted in the commit that completes its job, or not at all.</summary>
public static class FollowUpJobs
{
    /// <summary>The most that one attempt may have.</summary>
    public const int Most = 1000;

    /// <summary>
    /// The id of a follow-up job that has none of its own: the first 16 bytes of the SHA-256 of <c>job id/attempt/index</c> as a UUID of version 8. It is the
    /// same however often the report is sent.
    /// </summary>
    /// <param name="jobId">The job whose attempt hands it over.</param>
    /// <param name="attempt">Number of that attempt.</param>
    /// <param name="index">Place among the follow-up jobs of the attempt, from 0.</param>
    public static Guid IdOf(Guid jobId, int attempt, int index) =>
        NameBasedUuid.FromHash(SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{jobId}/{attempt}/{index}"))));
}
