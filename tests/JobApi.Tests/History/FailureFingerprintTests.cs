using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Tests.History;

public sealed class FailureFingerprintTests
{
    [Theory]
    [InlineData('\n')]
    [InlineData(' ')]
    [InlineData('\t')]
    public async Task Frames_BehindManyBlanks_AreFoundAtOnce(char blank)
    {
        var stack = $"   at A.B(String c)\n{new string(blank, 300_000)}\n\t at D.E.F() in file:line 7\r\n";
        var frames = await Task.Run(() => FailureFingerprint.Frames(stack)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["A.B", "D.E.F"], frames);
    }
}
