using System.ComponentModel.DataAnnotations;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class SettingsClassTests
{
    [Theory]
    [InlineData("X_SECONDS", "abc", "X_SECONDS is 'abc', but must be a number from 0.5 to 60.")]
    [InlineData("X_SECONDS", "0", "X_SECONDS is '0', but must be a number from 0.5 to 60.")]
    [InlineData("X_SECONDS", "NaN", "X_SECONDS is 'NaN', but must be a number from 0.5 to 60.")]
    [InlineData("X_SECONDS", "1,5", "X_SECONDS is '1,5', but must be a number from 0.5 to 60.")]
    [InlineData("X_COUNT", "1.5", "X_COUNT is '1.5', but must be a whole number from 1 to 10.")]
    [InlineData("X_COUNT", "99999999999", "X_COUNT is '99999999999', but must be a whole number from 1 to 10.")]
    [InlineData("X_OPEN", "maybe", "X_OPEN is 'maybe', but must be true or false.")]
    [InlineData("X_MODE", "both", "X_MODE is 'both': ")]
    [InlineData("X_NAME", "much too long", "X_NAME is 'much too long': ")]
    public void AddSettings_WrongValue_IsNamedInOneLine(string name, string value, string expected)
    {
        var error = Assert.Throws<SettingException>(() => Read((name, value)));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void AddSettings_RightValues_AreWhatOptionsHave()
    {
        var settings = Read(("X_SECONDS", " 2.5 "), ("X_COUNT", "7"), ("X_OPEN", "True"), ("X_MODE", "each"), ("X_NAME", "ada"));
        Assert.Equal((2.5, 7, true, "each", "ada"), (settings.Seconds, settings.Count, settings.Open, settings.Mode, settings.Name));
    }

    [Fact]
    public void AddSettings_EmptyOrAbsent_IsTheDefault()
    {
        var settings = Read(("X_SECONDS", ""), ("X_COUNT", " "));
        Assert.Equal((5, 3, false, "batch", "me"), (settings.Seconds, settings.Count, settings.Open, settings.Mode, settings.Name));
    }

    static Example Read(params (string Name, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(x => KeyValuePair.Create(x.Name, (string?)x.Value))).Build();
        var services = new ServiceCollection();
        services.AddOptions();
        var read = services.AddSettings<Example>(configuration);
        using var provider = services.BuildServiceProvider();
        Assert.Same(read, provider.GetRequiredService<IOptions<Example>>().Value);
        return read;
    }

    sealed class Example
    {
        [ConfigurationKeyName("X_SECONDS"), Range(0.5, 60)]
        public double Seconds { get; set; } = 5;

        [ConfigurationKeyName("X_COUNT"), Range(1, 10)]
        public int Count { get; set; } = 3;

        [ConfigurationKeyName("X_OPEN")]
        public bool Open { get; set; }

        [ConfigurationKeyName("X_MODE"), RegularExpression("batch|each")]
        public string Mode { get; set; } = "batch";

        [ConfigurationKeyName("X_NAME"), MaxLength(5)]
        public string Name { get; set; } = "me";
    }
}
