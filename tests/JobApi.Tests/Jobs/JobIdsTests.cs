using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Tests.Jobs;

public sealed class JobIdsTests
{
    [Theory]
    [InlineData("0195d3a5-7e43-7b57-8d3a-0123456789ab")]
    [InlineData("0195D3A5-7E43-7B57-8D3A-0123456789AB")]
    public void Resolve_UuidText_IsThatUuid(string id) =>
        Assert.Equal(new JobKey(Guid.Parse("0195d3a5-7e43-7b57-8d3a-0123456789ab"), null), JobIds.Resolve(id));

    [Theory]
    [InlineData("custom-job-id")]
    [InlineData("0195d3a57e437b578d3a0123456789ab")]
    [InlineData("0x95d3a5-7e43-7b57-8d3a-0123456789ab")]
    public void Resolve_AnyOtherText_IsHashedAndKept(string id)
    {
        var key = JobIds.Resolve(id);
        Assert.Equal(id, key.Key);
        Assert.Equal(8, key.Id.Version);
        Assert.Equal(0x8, key.Id.Variant & 0xC);
        Assert.Equal(key, JobIds.Resolve(id));
    }

    [Fact]
    public void Resolve_KnownText_NeverChanges() =>
        // Rows are found by this; another value would orphan every job with an id of the caller's own
        Assert.Equal("aa7f9c17-6e1d-8b8d-8e84-752c10b0bb8e", JobIds.Resolve("custom-job-id").Id.ToString());
}
