namespace JobSystem.Surface.Tests;

/// <summary>A cursor comes from the caller like anything else: of the right length, but not what a page gave.</summary>
public sealed class CursorTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    [Theory]
    [InlineData("/api/v1/jobs", 32)]
    [InlineData("/api/v1/schedules", 32)]
    [InlineData("/api/v1/audit", 22)]
    public async Task Cursor_ThatNoPageGave_IsRefused(string path, int length)
    {
        foreach (var letter in "!./_ ü")
        {
            var (status, problem) = await host.Send("GET", $"{path}?cursor={Uri.EscapeDataString(new string(letter, length))}");
            Assert.True(status == 400, $"{letter}: {status} {problem}");
            Assert.True(problem.GetProperty("errors").TryGetProperty("cursor", out _));
        }
    }

    [Fact]
    public async Task History_ToTheEndOfTime_IsAnswered()
    {
        Assert.Equal(61, (await host.Send("GET", "/api/v1/history?to=9999-12-31T23:59:59Z")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(400, (await host.Send("GET", "/api/v1/history?from=1970-01-01T00:00:00Z&step=minute")).Status);
    }
}
