using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.Surface.Tests;

/// <summary>A system that is starting is not broken: there are no alerts before everything was well once.</summary>
public sealed class AlertStartTests(AlertStartTests.Host host) : IClassFixture<AlertStartTests.Host>
{
    static readonly TimeSpan soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Alerts_WhileEverythingStarts_AreNotRaised()
    {
        var before = host.Looks;
        await Eventually.Holds(() => host.Looks > before + 5, soon);
        Assert.Equal(JsonValueKind.Null, (await Alerts()).GetProperty("evaluated_at").ValueKind);

        host.Answers = AlertTests.Host.Fine;
        await Eventually.Holds(async () => (await Alerts()).GetProperty("evaluated_at").ValueKind == JsonValueKind.String, soon);

        host.Answers = Host.Away;
        await Eventually.Holds(async () => (await Alerts()).GetProperty("items").EnumerateArray().Any(x => x.GetProperty("name").GetString() == "database_down"), soon);
    }

    async Task<JsonElement> Alerts() => (await host.Send("GET", "/api/v1/alerts")).Json;

    public sealed class Host : HealthTests.Host
    {
        public static Dictionary<string, string> Away { get; } = new(AlertTests.Host.Fine) { ["jobs/stats"] = null! };

        protected override async Task<Dictionary<string, string?>> Settings()
        {
            Answers = Away;
            return new(await base.Settings()) { ["JOBSYSTEM_ALERT_SECONDS"] = "0.1", ["JOBSYSTEM_ALERT_START_SECONDS"] = "3600" };
        }
    }
}
